#include <stdint.h>
#include <string.h>
#include "core/grant/link_id.h"
#include "tests/unit/keys.h"
#include "tests/unit/suite.h"

#define ALICE "01890000-0000-7000-8000-00000000000a"
#define BOB "01890000-0000-7000-8000-00000000000b"
#define EXP INT64_C(1790000000) /* 20 s into a minute */

#define SECOND_SECRET "c2Vjb25kIHNlY3JldCwgYWxzbyBvZiAzMiBieXRlcyAuLi4"
#define SECOND                                                           \
    "{\"kty\":\"oct\",\"kid\":\"b2\",\"alg\":\"HS256\",\"use\":\"sig\"," \
    "\"k\":\"" SECOND_SECRET "\"}"


static void
make(const char *json, const char *owner, char id[LINK_ID_SIZE])
{
    jwk_set_t *keys = keys_parse(json);

    ck_assert_int_eq(link_id_make(keys, owner, EXP, id), 0);
    jwk_set_free(keys);
}


static int
owner_of(const char *json, const char *id, const char *owner)
{
    int rc;
    jwk_set_t *keys = keys_parse(json);

    rc = link_id_owner(keys, id, strlen(id), owner);
    jwk_set_free(keys);

    return rc;
}


static int64_t
exp_of(const char *json, const char *id)
{
    int64_t exp;
    jwk_set_t *keys = keys_parse(json);

    exp = link_id_exp(keys, id, strlen(id));
    jwk_set_free(keys);

    return exp;
}


START_TEST(an_id_belongs_to_whom_it_was_made_for)
{
    char id[LINK_ID_SIZE];

    make(KEYS_BOTH, ALICE, id);
    ck_assert_int_eq(owner_of(KEYS_BOTH, id, ALICE), 1);
}
END_TEST


START_TEST(an_id_belongs_to_nobody_else)
{
    char id[LINK_ID_SIZE];

    make(KEYS_BOTH, ALICE, id);
    ck_assert_int_eq(owner_of(KEYS_BOTH, id, BOB), 0);
    ck_assert_int_eq(owner_of(KEYS_BOTH, id, ""), 0);
}
END_TEST


START_TEST(an_id_is_base64url_of_its_length)
{
    char id[LINK_ID_SIZE];

    make(KEYS_BOTH, ALICE, id);
    ck_assert_uint_eq(strlen(id), LINK_ID_LEN);
    ck_assert_uint_eq(strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789-_"),
                      LINK_ID_LEN);
}
END_TEST


START_TEST(two_ids_are_never_the_same)
{
    char a[LINK_ID_SIZE], b[LINK_ID_SIZE];

    make(KEYS_BOTH, ALICE, a);
    make(KEYS_BOTH, ALICE, b);
    ck_assert_str_ne(a, b);
}
END_TEST


START_TEST(the_expiry_is_rounded_up_to_a_minute)
{
    char id[LINK_ID_SIZE];

    make(KEYS_BOTH, ALICE, id);
    ck_assert_int_eq(exp_of(KEYS_BOTH, id), EXP + 40);
}
END_TEST


START_TEST(an_expiry_on_the_minute_stays)
{
    char id[LINK_ID_SIZE];
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    ck_assert_int_eq(link_id_make(keys, ALICE, EXP + 40, id), 0);
    ck_assert_int_eq(link_id_exp(keys, id, LINK_ID_LEN), EXP + 40);
    jwk_set_free(keys);
}
END_TEST


START_TEST(the_last_minute_that_fits_is_kept_and_none_behind_it)
{
    char id[LINK_ID_SIZE];
    int64_t last = (int64_t) UINT32_MAX * 60;
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    ck_assert_int_eq(link_id_make(keys, ALICE, last, id), 0);
    ck_assert_int_eq(link_id_exp(keys, id, LINK_ID_LEN), last);
    ck_assert_int_eq(link_id_make(keys, ALICE, last + 1, id), -1);
    ck_assert_int_eq(link_id_make(keys, ALICE, -1, id), -1);
    jwk_set_free(keys);
}
END_TEST


START_TEST(a_key_that_no_longer_signs_first_still_knows_its_ids)
{
    char id[LINK_ID_SIZE];
    static const char rotated[] = "{\"keys\":[" SECOND "," KEYS_OCT "]}";

    make(KEYS_BOTH, ALICE, id);
    ck_assert_int_eq(owner_of(rotated, id, ALICE), 1);
    ck_assert_int_eq(exp_of(rotated, id), EXP + 40);
}
END_TEST


START_TEST(without_its_key_an_id_is_nobodys)
{
    char id[LINK_ID_SIZE];
    static const char other[] = "{\"keys\":[" SECOND "]}";

    make(KEYS_BOTH, ALICE, id);
    ck_assert_int_eq(owner_of(other, id, ALICE), 0);
    ck_assert_int_eq(exp_of(other, id), -1);
}
END_TEST


START_TEST(no_id_is_made_without_a_key_that_signs_grants)
{
    char id[LINK_ID_SIZE];
    jwk_set_t *keys = keys_parse("{\"keys\":[" KEYS_EC "]}");

    ck_assert_int_eq(link_id_make(keys, ALICE, EXP, id), -1);
    ck_assert_int_eq(link_id_owner(keys, "a", 1, ALICE), 0);
    jwk_set_free(keys);
}
END_TEST


START_TEST(a_changed_character_spoils_an_id)
{
    char id[LINK_ID_SIZE], changed[LINK_ID_SIZE];
    size_t i;

    make(KEYS_BOTH, ALICE, id);

    for (i = 0; i < LINK_ID_LEN; i++) {
        memcpy(changed, id, LINK_ID_SIZE);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        ck_assert_int_eq(owner_of(KEYS_BOTH, changed, ALICE), 0);
        ck_assert_int_eq(exp_of(KEYS_BOTH, changed), -1);
    }
}
END_TEST


START_TEST(other_forms_are_nobodys)
{
    static const char *const texts[] = {
        "",
        "A",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "01890000-0000-7000-8000-00000000000a",
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
    };
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_int_eq(owner_of(KEYS_BOTH, texts[i], ALICE), 0);
        ck_assert_int_eq(exp_of(KEYS_BOTH, texts[i]), -1);
    }
}
END_TEST


START_TEST(the_owner_does_not_run_into_what_is_in_front)
{
    /* one byte moved from the owner to the random part is another id */
    char id[LINK_ID_SIZE];

    make(KEYS_BOTH, ALICE, id);
    ck_assert_int_eq(owner_of(KEYS_BOTH, id, ALICE + 1), 0);
    ck_assert_int_eq(owner_of(KEYS_BOTH, id, ALICE "a"), 0);
}
END_TEST


START_TEST(a_derived_id_is_the_same_each_time)
{
    char a[LINK_ID_SIZE], b[LINK_ID_SIZE], other[LINK_ID_SIZE];
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    ck_assert_int_eq(link_id_derive(keys, ALICE, EXP, "seed", 1, a), 0);
    ck_assert_int_eq(link_id_derive(keys, ALICE, EXP, "seed", 1, b), 0);
    ck_assert_str_eq(a, b);

    ck_assert_int_eq(link_id_derive(keys, ALICE, EXP, "seed", 2, other), 0);
    ck_assert_str_ne(a, other);
    ck_assert_int_eq(link_id_derive(keys, ALICE, EXP, "reed", 1, other), 0);
    ck_assert_str_ne(a, other);

    ck_assert_int_eq(link_id_owner(keys, a, LINK_ID_LEN, ALICE), 1);
    jwk_set_free(keys);
}
END_TEST


RUN("core/link_id", an_id_belongs_to_whom_it_was_made_for,
    an_id_belongs_to_nobody_else, an_id_is_base64url_of_its_length,
    two_ids_are_never_the_same, the_expiry_is_rounded_up_to_a_minute,
    an_expiry_on_the_minute_stays,
    the_last_minute_that_fits_is_kept_and_none_behind_it,
    a_key_that_no_longer_signs_first_still_knows_its_ids,
    without_its_key_an_id_is_nobodys,
    no_id_is_made_without_a_key_that_signs_grants,
    a_changed_character_spoils_an_id, other_forms_are_nobodys,
    the_owner_does_not_run_into_what_is_in_front,
    a_derived_id_is_the_same_each_time)
