#include <string.h>
#include "core/account/seal.h"
#include "tests/unit/keys.h"
#include "tests/unit/suite.h"

#define OWNER "01890000-0000-7000-8000-0123456789ab"
#define OTHER "01890000-0000-7000-8000-0123456789ac"
#define SECRET "twenty random bytes."

#define SECOND_SECRET "c2Vjb25kIHNlY3JldCwgYWxzbyBvZiAzMiBieXRlcyAuLi4"
#define SECOND                                                           \
    "{\"kty\":\"oct\",\"kid\":\"b2\",\"alg\":\"HS256\",\"use\":\"sig\"," \
    "\"k\":\"" SECOND_SECRET "\"}"


static void
make(const char *json, char text[SEAL_SIZE])
{
    jwk_set_t *keys = keys_parse(json);

    ck_assert_int_eq(seal_write(keys, 0, OWNER, SECRET, strlen(SECRET), text),
                     0);
    jwk_set_free(keys);
}


static ssize_t
reads(const char *json, const char *text, const char *owner,
      unsigned char secret[SEAL_SECRET_MAX])
{
    ssize_t n;
    jwk_set_t *keys = keys_parse(json);

    n = seal_read(keys, text, owner, secret);
    jwk_set_free(keys);

    return n;
}


START_TEST(what_is_sealed_is_read_and_stands_nowhere)
{
    size_t len;
    char text[SEAL_SIZE];
    unsigned char secret[SEAL_SECRET_MAX], all[SEAL_SECRET_MAX] = "x";
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    make(KEYS_BOTH, text);
    ck_assert_int_eq(reads(KEYS_BOTH, text, OWNER, secret), strlen(SECRET));
    ck_assert_mem_eq(secret, SECRET, strlen(SECRET));
    ck_assert_ptr_null(strstr(text, "dHdlbnR5"));
    ck_assert_str_eq(strrchr(text, ':'), ":a1");

    for (len = 1; len <= SEAL_SECRET_MAX; len++) {
        ck_assert_int_eq(seal_write(keys, 0, OWNER, all, len, text), 0);
        ck_assert_int_eq(seal_read(keys, text, OWNER, secret), (ssize_t) len);
        ck_assert_mem_eq(secret, all, len);
    }

    jwk_set_free(keys);
}
END_TEST


START_TEST(two_seals_of_one_secret_differ)
{
    char one[SEAL_SIZE], other[SEAL_SIZE];

    make(KEYS_BOTH, one);
    make(KEYS_BOTH, other);
    ck_assert_str_ne(one, other);
}
END_TEST


START_TEST(another_owner_reads_nothing)
{
    char text[SEAL_SIZE];
    unsigned char secret[SEAL_SECRET_MAX];

    make(KEYS_BOTH, text);
    ck_assert_int_eq(reads(KEYS_BOTH, text, OTHER, secret), -1);
    ck_assert_int_eq(reads(KEYS_BOTH, text, "", secret), -1);
}
END_TEST


START_TEST(a_seal_of_which_a_character_was_changed_is_none)
{
    size_t i, len;
    char text[SEAL_SIZE], was;
    unsigned char secret[SEAL_SECRET_MAX];

    make(KEYS_BOTH, text);
    len = strlen(text);

    for (i = 0; i < len; i++) {
        was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        ck_assert_int_eq(reads(KEYS_BOTH, text, OWNER, secret), -1);
        text[i] = was;
    }

    ck_assert_int_gt(reads(KEYS_BOTH, text, OWNER, secret), 0);
}
END_TEST


START_TEST(what_is_no_seal_is_refused)
{
    size_t i;
    unsigned char secret[SEAL_SECRET_MAX];
    char longest[512] = "1:";
    static const char *const bad[] = { "",
                                       "1",
                                       "1:",
                                       "1::a1",
                                       "2:AAAA:a1",
                                       "1:AAAA",
                                       "1:AAAA:a1",
                                       ":::",
                                       "1:AAAA:",
                                       "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                       "A:a1" };

    for (i = 0; i < COUNT(bad); i++) {
        ck_assert_msg(reads(KEYS_BOTH, bad[i], OWNER, secret) == -1, "%s",
                      bad[i]);
    }

    memset(longest + 2, 'A', sizeof(longest) - 7);
    strcpy(longest + sizeof(longest) - 5, ":a1");
    ck_assert_int_eq(reads(KEYS_BOTH, longest, OWNER, secret), -1);
}
END_TEST


START_TEST(the_key_is_found_by_its_kid)
{
    char text[SEAL_SIZE];
    unsigned char secret[SEAL_SECRET_MAX];
    jwk_set_t *keys = keys_parse("{\"keys\":[" SECOND "," KEYS_OCT "]}");

    make("{\"keys\":[" KEYS_OCT "]}", text);
    ck_assert_int_gt(seal_read(keys, text, OWNER, secret), 0);
    ck_assert(!seal_is_current(keys, 0, text));
    ck_assert(seal_is_current(keys, 1, text));
    ck_assert_int_eq(reads("{\"keys\":[" SECOND "]}", text, OWNER, secret), -1);
    jwk_set_free(keys);
}
END_TEST


START_TEST(without_a_key_or_a_secret_nothing_is_sealed)
{
    char text[SEAL_SIZE];
    unsigned char secret[SEAL_SECRET_MAX + 1] = { 0 };
    jwk_set_t *none = keys_parse("{\"keys\":[" KEYS_EC "]}");
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    ck_assert_int_eq(seal_write(none, 0, OWNER, secret, 20, text), -1);
    ck_assert_int_eq(seal_write(keys, 0, OWNER, secret, 0, text), -1);
    ck_assert_int_eq(seal_write(keys, 0, OWNER, secret, sizeof(secret), text),
                     -1);
    jwk_set_free(none);
    jwk_set_free(keys);
}
END_TEST


RUN("core/seal", what_is_sealed_is_read_and_stands_nowhere,
    two_seals_of_one_secret_differ, another_owner_reads_nothing,
    a_seal_of_which_a_character_was_changed_is_none, what_is_no_seal_is_refused,
    the_key_is_found_by_its_kid, without_a_key_or_a_secret_nothing_is_sealed)
