#include <string.h>
#include "core/account/refresh.h"
#include "tests/unit/keys.h"
#include "tests/unit/suite.h"

#define SESSION "01890000-0000-7000-8000-0123456789ab"

#define SECOND_SECRET "c2Vjb25kIHNlY3JldCwgYWxzbyBvZiAzMiBieXRlcyAuLi4"
#define SECOND                                                           \
    "{\"kty\":\"oct\",\"kid\":\"b2\",\"alg\":\"HS256\",\"use\":\"sig\"," \
    "\"k\":\"" SECOND_SECRET "\"}"


static void
make(const char *json, uint32_t count, char token[REFRESH_SIZE])
{
    refresh_t refresh = { .session = SESSION, .count = count };
    jwk_set_t *keys = keys_parse(json);

    ck_assert_int_eq(refresh_write(keys, 0, &refresh, token), 0);
    jwk_set_free(keys);
}


static int
reads(const char *json, const char *token, size_t len, refresh_t *refresh)
{
    int rc;
    jwk_set_t *keys = keys_parse(json);

    rc = refresh_read(keys, token, len, refresh);
    jwk_set_free(keys);

    return rc;
}


START_TEST(a_token_tells_its_session_and_how_often_it_was_refreshed)
{
    size_t i;
    refresh_t refresh;
    char token[REFRESH_SIZE];
    const uint32_t counts[] = { 0, 1, 255, 65536, 0x01020304, UINT32_MAX };

    for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        make(KEYS_BOTH, counts[i], token);

        ck_assert_uint_eq(strlen(token), REFRESH_LEN);
        ck_assert_int_eq(reads(KEYS_BOTH, token, REFRESH_LEN, &refresh), 0);
        ck_assert_str_eq(refresh.session, SESSION);
        ck_assert_uint_eq(refresh.count, counts[i]);
    }
}
END_TEST


START_TEST(a_token_of_which_a_character_was_changed_is_none)
{
    size_t i;
    char token[REFRESH_SIZE], was;
    refresh_t refresh;

    make(KEYS_BOTH, 7, token);

    for (i = 0; i < REFRESH_LEN; i++) {
        was = token[i];
        token[i] = was == 'A' ? 'B' : 'A';
        ck_assert_int_eq(reads(KEYS_BOTH, token, REFRESH_LEN, &refresh), -1);
        token[i] = was;
    }

    ck_assert_int_eq(reads(KEYS_BOTH, token, REFRESH_LEN, &refresh), 0);
}
END_TEST


START_TEST(a_token_of_another_length_is_none)
{
    size_t len;
    refresh_t refresh;
    char token[2 * REFRESH_SIZE];

    memset(token, 'A', sizeof(token));
    make(KEYS_BOTH, 7, token);

    for (len = 0; len < sizeof(token); len++) {
        ck_assert_int_eq(reads(KEYS_BOTH, token, len, &refresh),
                         len == REFRESH_LEN ? 0 : -1);
    }
}
END_TEST


START_TEST(a_key_of_before_reads_what_it_signed)
{
    char token[REFRESH_SIZE];
    refresh_t refresh;

    make("{\"keys\":[" KEYS_OCT "]}", 3, token);

    ck_assert_int_eq(reads("{\"keys\":[" SECOND "," KEYS_OCT "]}", token,
                           REFRESH_LEN, &refresh),
                     0);
    ck_assert_int_eq(
        reads("{\"keys\":[" SECOND "]}", token, REFRESH_LEN, &refresh), -1);
}
END_TEST


START_TEST(what_is_no_session_is_not_written)
{
    size_t i;
    char token[REFRESH_SIZE];
    refresh_t refresh = { .count = 1 };
    jwk_set_t *keys = keys_parse(KEYS_BOTH);
    const char *bad[] = { "", "x", "01890000-0000-7000-8000-0123456789aB",
                          "0189000000007000800000123456789ab000" };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        strcpy(refresh.session, bad[i]);
        ck_assert_int_eq(refresh_write(keys, 0, &refresh, token), -1);
    }

    jwk_set_free(keys);
}
END_TEST


START_TEST(without_a_key_nothing_is_written)
{
    char token[REFRESH_SIZE];
    refresh_t refresh = { .session = SESSION };
    jwk_set_t *keys = keys_parse("{\"keys\":[" KEYS_EC "]}");

    ck_assert_int_eq(refresh_write(keys, 0, &refresh, token), -1);
    jwk_set_free(keys);
}
END_TEST


RUN("core/refresh", a_token_tells_its_session_and_how_often_it_was_refreshed,
    a_token_of_which_a_character_was_changed_is_none,
    a_token_of_another_length_is_none, a_key_of_before_reads_what_it_signed,
    what_is_no_session_is_not_written, without_a_key_nothing_is_written)
