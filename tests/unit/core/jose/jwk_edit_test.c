/* Rotation: keys come in front and leave one by one. */

#include <stdio.h>
#include "tests/unit/foreign.h"
#include "tests/unit/keys.h"
#include "tests/unit/rfc.h"
#include "tests/unit/suite.h"


static char *
rotate(const char *json)
{
    char err[256] = "", *text;

    text = jwk_set_rotate(json, strlen(json), err, sizeof(err));
    ck_assert_msg(text != NULL, "%s", err);

    return text;
}


static char *
take_away(const char *json, const char *kid)
{
    char err[256] = "", *text;

    text = jwk_set_remove(json, strlen(json), kid, err, sizeof(err));
    ck_assert_msg(text != NULL, "%s", err);

    return text;
}


static void
keeps(const char *json, const char *kid, const char *why)
{
    char err[256] = "";

    ck_assert_ptr_null(
        jwk_set_remove(json, strlen(json), kid, err, sizeof(err)));
    ck_assert_msg(strstr(err, why) != NULL, "'%s' lacks '%s'", err, why);
}


START_TEST(new_keys_stand_in_front)
{
    char *json = rotate(KEYS_BOTH);
    jwk_set_t *set = keys_parse(json);

    ck_assert_uint_eq(jwk_set_count(set), 4);
    ck_assert_ptr_eq(jwk_set_signer(set, JWA_BIT(JWA_HS256), 0),
                     jwk_set_key(set, 0));
    ck_assert_ptr_eq(jwk_set_signer(set, JWA_ACCESS, 0), jwk_set_key(set, 1));
    jwk_set_free(set);
    free(json);
}
END_TEST


START_TEST(old_keys_stay_as_they_were)
{
    char *json = rotate(KEYS_BOTH);
    jwk_set_t *set = keys_parse(json), *old = keys_parse(KEYS_BOTH);
    size_t i;

    for (i = 0; i < 2; i++) {
        ck_assert_mem_eq(jwk_set_key(set, i + 2)->thumbprint,
                         jwk_set_key(old, i)->thumbprint, JWK_THUMBPRINT_SIZE);
        ck_assert_str_eq(jwk_set_key(set, i + 2)->kid,
                         jwk_set_key(old, i)->kid);
    }
    jwk_set_free(old);
    jwk_set_free(set);
    free(json);
}
END_TEST


START_TEST(the_kind_of_access_tokens_stays)
{
    char *old = jwk_set_generate(JWA_EDDSA);
    char *json = rotate(old);
    jwk_set_t *set = keys_parse(json);

    ck_assert_uint_eq(jwk_set_signer(set, JWA_ACCESS, 0)->algs,
                      JWA_BIT(JWA_EDDSA));
    jwk_set_free(set);
    free(json);
    free(old);
}
END_TEST


START_TEST(an_empty_set_gets_both_kinds)
{
    char *json = rotate("{\"keys\":[]}");
    jwk_set_t *set = keys_parse(json);

    ck_assert_ptr_nonnull(jwk_set_signer(set, JWA_BIT(JWA_HS256), 0));
    ck_assert_ptr_nonnull(jwk_set_signer(set, JWA_BIT(JWA_ES256), 0));
    jwk_set_free(set);
    free(json);
}
END_TEST


START_TEST(members_that_we_do_not_know_stay)
{
    char *json = rotate("{\"note\":\"ours\",\"keys\":[{\"kty\":\"oct\",\"kid\":"
                        "\"a1\",\"alg\":\"HS256\",\"k\":\"" KEYS_SECRET
                        "\",\"made\":\"in May\"}]}");

    ck_assert_ptr_nonnull(strstr(json, "\"note\": \"ours\""));
    ck_assert_ptr_nonnull(strstr(json, "\"made\": \"in May\""));
    free(json);
}
END_TEST


START_TEST(a_bad_set_is_not_rotated)
{
    char err[256] = "";
    const char *json = "{\"keys\":[{\"kty\":\"oct\"}]}";

    ck_assert_ptr_null(jwk_set_rotate(json, strlen(json), err, sizeof(err)));
    ck_assert_ptr_nonnull(strstr(err, "\"kid\" is missing"));
}
END_TEST


START_TEST(a_full_set_is_not_rotated)
{
    char json[32 * 1024], err[256] = "", *p = json;
    int i;

    p += sprintf(p, "{\"keys\":[");
    for (i = 0; i < 63; i++) {
        p += sprintf(p,
                     "%s{\"kty\":\"oct\",\"kid\":\"%d\",\"alg\":\"HS256\","
                     "\"k\":\"" KEYS_SECRET "\"}",
                     i ? "," : "", i);
    }
    strcpy(p, "]}");

    ck_assert_ptr_null(jwk_set_rotate(json, strlen(json), err, sizeof(err)));
    ck_assert_ptr_nonnull(strstr(err, "64"));
}
END_TEST


START_TEST(a_key_is_taken_away)
{
    char *rotated = rotate(KEYS_BOTH), *json = take_away(rotated, "a1");
    jwk_set_t *set = keys_parse(json);

    ck_assert_uint_eq(jwk_set_count(set), 3);
    ck_assert_ptr_null(jwk_set_kid(set, "a1", 2));
    ck_assert_ptr_nonnull(jwk_set_kid(set, "a3", 2));
    ck_assert_ptr_null(strstr(json, KEYS_SECRET));
    jwk_set_free(set);
    free(json);
    free(rotated);
}
END_TEST


START_TEST(the_last_signer_of_a_kind_stays)
{
    keeps(KEYS_BOTH, "a1", "no other key signs grants");
    keeps(KEYS_BOTH, "a3", "no other key signs access tokens");
}
END_TEST


START_TEST(a_key_that_only_verifies_may_go)
{
    char *json = take_away("{\"keys\":[" KEYS_OCT "," FOREIGN_RSA_START
                           ",\"alg\":\"RS256\"}]}",
                           "f");

    jwk_set_free(keys_parse(json));
    free(json);
}
END_TEST


START_TEST(a_key_that_is_not_there_is_told)
{
    keeps(KEYS_BOTH, "a2", "there is no key \"a2\"");
    keeps(KEYS_BOTH, "", "there is no key");
}
END_TEST


RUN("core/jwk_edit", new_keys_stand_in_front, old_keys_stay_as_they_were,
    the_kind_of_access_tokens_stays, an_empty_set_gets_both_kinds,
    members_that_we_do_not_know_stay, a_bad_set_is_not_rotated,
    a_full_set_is_not_rotated, a_key_is_taken_away,
    the_last_signer_of_a_kind_stays, a_key_that_only_verifies_may_go,
    a_key_that_is_not_there_is_told)
