#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <jansson.h>
#include "core/jose/jwt.h"
#include "tests/unit/keys.h"
#include "tests/unit/suite.h"

#define OTHER_X "xwh1M7YdEcEVGqG1VCj2kkvv62UQletM7SQJWMdVpus"
#define OTHER_Y "7uBCQ2gi2tbi6dLTH1O3ZhoGMhWYvyd5zrsbCnayOdM"
#define OTHER_D "9pAT8-fCqgx-IB-9nH3ajnx8DECKwvuh42Nqh8S9J5s"

/* The order of P-256's group: the least number that is no private key. */
#define ORDER "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE"


static void
refuses(const char *json, const char *key, const char *why)
{
    keys_refused(json, JWK_OWN, key, why);
}


static void
refuses_oct(const char *members, const char *why)
{
    char json[2048];

    snprintf(json, sizeof(json),
             "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"one\",%s}]}", members);
    refuses(json, "key \"one\"", why);
}


static void
refuses_ec(const char *x, const char *y, const char *d, const char *why)
{
    char json[1024];

    snprintf(json, sizeof(json),
             "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"one\","
             "\"alg\":\"ES256\",\"x\":\"%s\",\"y\":\"%s\"%s%s%s}]}",
             x, y, d ? ",\"d\":\"" : "", d ? d : "", d ? "\"" : "");
    refuses(json, "key \"one\"", why);
}


START_TEST(a_set_of_both_kinds_is_read)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    const jwk_t *key;

    key = jwk_set_find(set, "a1", 2, JWA_HS256);
    ck_assert_ptr_nonnull(key);
    ck_assert_ptr_nonnull(key->mac);
    ck_assert_str_eq(key->kid, "a1");
    ck_assert_uint_eq(key->kid_len, 2);

    key = jwk_set_find(set, "a3", 2, JWA_ES256);
    ck_assert_ptr_nonnull(key);
    ck_assert_ptr_nonnull(key->pkey);
    ck_assert_int_eq(key->private, 1);
    jwk_set_free(set);
}
END_TEST


START_TEST(an_empty_set_has_no_keys)
{
    jwk_set_t *set = keys_parse("{\"keys\":[]}");

    ck_assert_ptr_null(jwk_set_find(set, "", 0, JWA_HS256));
    ck_assert_ptr_null(jwk_set_signer(set, JWA_BIT(JWA_HS256), 0));
    jwk_set_free(set);
}
END_TEST


START_TEST(a_key_is_found_only_for_its_algorithm)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);

    ck_assert_ptr_null(jwk_set_find(set, "a3", 2, JWA_HS256));
    ck_assert_ptr_null(jwk_set_find(set, "a1", 2, JWA_ES256));
    jwk_set_free(set);
}
END_TEST


START_TEST(a_key_is_found_only_by_its_whole_kid)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);

    ck_assert_ptr_null(jwk_set_find(set, "a", 1, JWA_HS256));
    ck_assert_ptr_null(jwk_set_find(set, "a12", 3, JWA_HS256));
    ck_assert_ptr_null(jwk_set_find(set, "A1", 2, JWA_HS256));
    ck_assert_ptr_null(jwk_set_find(set, "", 0, JWA_HS256));
    jwk_set_free(set);
}
END_TEST


START_TEST(the_first_key_of_a_kind_signs)
{
    jwk_set_t *set = keys_parse(
        "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"new\",\"alg\":\"HS256\","
        "\"k\":\"" KEYS_SECRET "\"}," KEYS_OCT "]}");

    ck_assert_str_eq(jwk_set_signer(set, JWA_BIT(JWA_HS256), 0)->kid, "new");
    jwk_set_free(set);
}
END_TEST


START_TEST(a_public_key_does_not_sign)
{
    jwk_set_t *set = keys_parse("{\"keys\":[" KEYS_EC_PUBLIC "]}");

    ck_assert_ptr_nonnull(jwk_set_find(set, "a3", 2, JWA_ES256));
    ck_assert_ptr_null(jwk_set_signer(set, JWA_BIT(JWA_ES256), 0));
    jwk_set_free(set);
}
END_TEST


START_TEST(a_private_key_behind_a_public_one_signs)
{
    jwk_set_t *set = keys_parse(
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"public\","
        "\"alg\":\"ES256\",\"x\":\"" OTHER_X "\",\"y\":\"" OTHER_Y
        "\"}," KEYS_EC "]}");

    ck_assert_str_eq(jwk_set_signer(set, JWA_BIT(JWA_ES256), 0)->kid, "a3");
    jwk_set_free(set);
}
END_TEST


START_TEST(what_is_no_set_is_refused)
{
    refuses("", "JSON", "line");
    refuses("[]", "keys", "array");
    refuses("{}", "keys", "array");
    refuses("{\"keys\":{}}", "keys", "array");
    refuses("{\"keys\":[]} x", "JSON", "line");
    refuses("{\"keys\":[1]}", "key 1", "object");
}
END_TEST


START_TEST(a_message_never_quotes_the_secret)
{
    static const char json[] = "{\"keys\":[{\"k\":\"geheimgeheim\" x";
    char err[256];

    ck_assert_ptr_null(
        jwk_set_parse(json, strlen(json), JWK_OWN, err, sizeof(err)));
    ck_assert_ptr_null(strstr(err, "geheim"));
}
END_TEST


START_TEST(a_short_message_buffer_is_not_overrun)
{
    char err[8] = "1234567";

    ck_assert_ptr_null(jwk_set_parse("{}", 2, JWK_OWN, err, 4));
    ck_assert_uint_eq(strlen(err), 3);
    ck_assert_str_eq(err + 4, "567");
    ck_assert_ptr_null(jwk_set_parse("{}", 2, JWK_OWN, NULL, 0));
}
END_TEST


START_TEST(duplicate_members_are_refused)
{
    refuses("{\"keys\":[],\"keys\":[]}", "JSON", "line");
    refuses("{\"keys\":[{\"kid\":\"a\",\"kid\":\"b\"}]}", "JSON", "line");
}
END_TEST


START_TEST(a_set_over_64_kib_is_refused)
{
    char *json = malloc(65537);
    char err[256];

    memset(json, ' ', 65537);
    memcpy(json, "{\"keys\":[]}", 11);

    jwk_set_free(jwk_set_parse(json, 65536, JWK_OWN, err, sizeof(err)));
    ck_assert_ptr_null(jwk_set_parse(json, 65537, JWK_OWN, err, sizeof(err)));
    ck_assert_ptr_nonnull(strstr(err, "65536"));
    free(json);
}
END_TEST


START_TEST(deep_nesting_is_refused)
{
    char *json = malloc(60000);
    char err[256];

    memset(json, '[', 60000);
    ck_assert_ptr_null(jwk_set_parse(json, 60000, JWK_OWN, err, sizeof(err)));
    free(json);
}
END_TEST


START_TEST(a_kid_is_required)
{
    refuses("{\"keys\":[{\"kty\":\"oct\"}]}", "key 1", "\"kid\" is missing");
    refuses("{\"keys\":[" KEYS_OCT ",{\"kty\":\"oct\"}]}", "key 2", "kid");
}
END_TEST


START_TEST(a_kid_that_is_not_plain_is_refused)
{
    refuses("{\"keys\":[{\"kid\":7}]}", "key 1", "kid");
    refuses("{\"keys\":[{\"kid\":\"\"}]}", "key 1", "kid");
    refuses("{\"keys\":[{\"kid\":\"a\\\"b\"}]}", "key 1", "kid");
    refuses("{\"keys\":[{\"kid\":\"a\\\\b\"}]}", "key 1", "kid");
    refuses("{\"keys\":[{\"kid\":\"a b\"}]}", "key 1", "kid");
    refuses("{\"keys\":[{\"kid\":\"a\\nb\"}]}", "key 1", "kid");
    refuses("{\"keys\":[{\"kid\":\"\xc3\xa4\"}]}", "key 1", "kid");
}
END_TEST


START_TEST(a_kid_may_have_128_characters)
{
    char members[256];
    char kid[JWK_KID_MAX + 2];

    memset(kid, 'k', sizeof(kid));
    kid[JWK_KID_MAX] = '\0';
    snprintf(members, sizeof(members), "{\"keys\":[{\"kid\":\"%s\"}]}", kid);
    refuses(members, kid, "alg");

    kid[JWK_KID_MAX] = 'k';
    kid[JWK_KID_MAX + 1] = '\0';
    snprintf(members, sizeof(members), "{\"keys\":[{\"kid\":\"%s\"}]}", kid);
    refuses(members, "key 1", "kid");
}
END_TEST


START_TEST(a_kid_that_stands_twice_is_refused)
{
    refuses("{\"keys\":[" KEYS_OCT "," KEYS_OCT "]}", "key \"a1\"", "twice");
}
END_TEST


START_TEST(a_key_without_alg_is_refused)
{
    refuses_oct("\"k\":\"" KEYS_SECRET "\"", "\"alg\" is missing");
}
END_TEST


START_TEST(an_alg_of_another_kind_is_refused)
{
    refuses_oct("\"alg\":\"ES256\",\"k\":\"" KEYS_SECRET "\"", "alg");
    refuses_oct("\"alg\":\"HS512\",\"k\":\"" KEYS_SECRET "\"", "alg");
    refuses_oct("\"alg\":\"none\",\"k\":\"" KEYS_SECRET "\"", "alg");
    refuses_oct("\"alg\":256,\"k\":\"" KEYS_SECRET "\"", "alg");
    refuses("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"one\","
            "\"alg\":\"HS256\",\"x\":\"" KEYS_X "\",\"y\":\"" KEYS_Y "\"}]}",
            "one", "alg");
}
END_TEST


START_TEST(unknown_kinds_and_curves_are_refused)
{
    refuses("{\"keys\":[{\"kty\":\"AKP\",\"kid\":\"one\",\"alg\":\"RS256\"}]}",
            "one", "kty");
    refuses("{\"keys\":[{\"kid\":\"one\",\"alg\":\"HS256\"}]}", "one", "kty");
    refuses("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-521\",\"kid\":\"one\","
            "\"alg\":\"ES256\",\"x\":\"" KEYS_X "\",\"y\":\"" KEYS_Y "\"}]}",
            "one", "crv");
}
END_TEST


START_TEST(a_key_for_encryption_is_refused)
{
    refuses_oct("\"alg\":\"HS256\",\"use\":\"enc\",\"k\":\"" KEYS_SECRET "\"",
                "use");
}
END_TEST


START_TEST(a_secret_under_32_bytes_is_refused)
{
    refuses_oct("\"alg\":\"HS256\",\"k\":\"\"", "32");
    refuses_oct("\"alg\":\"HS256\","
                "\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
                "32");
    jwk_set_free(keys_parse(
        "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"one\",\"alg\":\"HS256\","
        "\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}"));
}
END_TEST


START_TEST(a_secret_over_1_kib_is_refused)
{
    char members[1600];
    size_t n;

    n = (size_t) snprintf(members, sizeof(members),
                          "\"alg\":\"HS256\",\"k\":\"");
    memset(members + n, 'A', 1368);
    memcpy(members + n + 1368, "\"", 2);
    refuses_oct(members, "1024");
}
END_TEST


START_TEST(a_secret_that_is_no_base64url_is_refused)
{
    refuses_oct("\"alg\":\"HS256\"", "\"k\" is missing");
    refuses_oct("\"alg\":\"HS256\",\"k\":[]", "string");
    refuses_oct("\"alg\":\"HS256\","
                "\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"",
                "base64url");
}
END_TEST


START_TEST(a_point_off_the_curve_is_refused)
{
    refuses_ec(KEYS_X, KEYS_X, NULL, "point");
    refuses_ec(KEYS_Y, KEYS_X, NULL, "point");
    refuses_ec("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
               "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL, "point");
}
END_TEST


START_TEST(a_coordinate_of_another_size_is_refused)
{
    refuses_ec("AAAA" KEYS_X, KEYS_Y, NULL, "\"x\" must hold 32 bytes");
    refuses_ec(KEYS_X, "AAAA", NULL, "\"y\" must hold 32 bytes");
}
END_TEST


START_TEST(a_private_half_that_does_not_fit_is_refused)
{
    refuses_ec(KEYS_X, KEYS_Y, OTHER_D, "\"d\" does not fit");
}
END_TEST


START_TEST(a_private_half_out_of_range_is_refused)
{
    refuses_ec(KEYS_X, KEYS_Y, ORDER, "\"d\" does not fit");
    refuses_ec(KEYS_X, KEYS_Y, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
               "\"d\" does not fit");
    refuses_ec(KEYS_X, KEYS_Y, "AQ", "\"d\" must hold 32 bytes");
}
END_TEST


START_TEST(a_generated_set_signs_both_kinds)
{
    char *json = jwk_set_generate(JWA_ES256);
    jwk_set_t *set = keys_parse(json);

    ck_assert_ptr_nonnull(jwk_set_signer(set, JWA_BIT(JWA_HS256), 0));
    ck_assert_ptr_nonnull(jwk_set_signer(set, JWA_BIT(JWA_ES256), 0));
    jwk_set_free(set);
    free(json);
}
END_TEST


START_TEST(two_generated_sets_differ)
{
    char *a = jwk_set_generate(JWA_ES256), *b = jwk_set_generate(JWA_ES256);

    ck_assert_str_ne(a, b);
    free(b);
    free(a);
}
END_TEST


START_TEST(the_public_set_holds_no_secret)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    char *json = jwk_set_public(set);

    ck_assert_ptr_nonnull(strstr(json, KEYS_X));
    ck_assert_ptr_nonnull(strstr(json, KEYS_Y));
    ck_assert_ptr_null(strstr(json, KEYS_D));
    ck_assert_ptr_null(strstr(json, KEYS_SECRET));
    ck_assert_ptr_null(strstr(json, "oct"));
    ck_assert_ptr_null(strstr(json, "\"d\""));
    free(json);
    jwk_set_free(set);
}
END_TEST


START_TEST(the_public_set_verifies_what_the_private_one_signed)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH), *public;
    char *json = jwk_set_public(set);
    char *token = jwt_sign(set, &jwt_access, 0, "{}", 2);
    json_t *claims;

    public = keys_parse(json);
    ck_assert_int_eq(
        jwt_verify(public, &jwt_access, token, strlen(token), &claims), JWT_OK);
    json_decref(claims);
    jwk_set_free(public);
    free(token);
    free(json);
    jwk_set_free(set);
}
END_TEST


/* Writes KEYS_BOTH to a new file of this mode and reads it as a set. */
static jwk_set_t *
read_with_mode(mode_t mode, char *err, size_t err_size)
{
    char path[] = "/tmp/jwk_test.XXXXXX";
    jwk_set_t *set;
    int fd;

    fd = mkstemp(path);
    ck_assert_int_ne(fd, -1);
    ck_assert_int_eq(write(fd, KEYS_BOTH, sizeof(KEYS_BOTH) - 1),
                     (ssize_t) sizeof(KEYS_BOTH) - 1);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);

    set = jwk_set_read(path, JWK_OWN, err, err_size);
    unlink(path);

    return set;
}


START_TEST(a_private_file_is_read)
{
    char err[256] = "";
    jwk_set_t *set = read_with_mode(0600, err, sizeof(err));

    ck_assert_msg(set != NULL, "%s", err);
    ck_assert_ptr_nonnull(jwk_set_find(set, "a1", 2, JWA_HS256));
    jwk_set_free(set);
}
END_TEST


START_TEST(a_file_that_others_may_use_is_refused)
{
    static const mode_t modes[] = { 0640, 0604, 0620, 0602 };
    char err[256];
    size_t i;

    for (i = 0; i < COUNT(modes); i++) {
        ck_assert_ptr_null(read_with_mode(modes[i], err, sizeof(err)));
        ck_assert_ptr_nonnull(strstr(err, "chmod 600"));
    }
}
END_TEST


START_TEST(a_file_that_is_none_is_refused)
{
    char err[256] = "";

    ck_assert_ptr_null(
        jwk_set_read("/nonexistent/keys", JWK_OWN, err, sizeof(err)));
    ck_assert_str_ne(err, "");
    ck_assert_ptr_null(jwk_set_read("/", JWK_OWN, err, sizeof(err)));
    ck_assert_ptr_nonnull(strstr(err, "regular file"));
}
END_TEST


START_TEST(freeing_nothing_is_fine)
{
    jwk_set_free(NULL);
}
END_TEST


RUN("core/jwk", a_set_of_both_kinds_is_read, an_empty_set_has_no_keys,
    a_key_is_found_only_for_its_algorithm, a_key_is_found_only_by_its_whole_kid,
    the_first_key_of_a_kind_signs, a_public_key_does_not_sign,
    a_private_key_behind_a_public_one_signs, what_is_no_set_is_refused,
    a_message_never_quotes_the_secret, a_short_message_buffer_is_not_overrun,
    duplicate_members_are_refused, a_set_over_64_kib_is_refused,
    deep_nesting_is_refused, a_kid_is_required,
    a_kid_that_is_not_plain_is_refused, a_kid_may_have_128_characters,
    a_kid_that_stands_twice_is_refused, a_key_without_alg_is_refused,
    an_alg_of_another_kind_is_refused, unknown_kinds_and_curves_are_refused,
    a_key_for_encryption_is_refused, a_secret_under_32_bytes_is_refused,
    a_secret_over_1_kib_is_refused, a_secret_that_is_no_base64url_is_refused,
    a_point_off_the_curve_is_refused, a_coordinate_of_another_size_is_refused,
    a_private_half_that_does_not_fit_is_refused,
    a_private_half_out_of_range_is_refused, a_generated_set_signs_both_kinds,
    two_generated_sets_differ, the_public_set_holds_no_secret,
    the_public_set_verifies_what_the_private_one_signed, a_private_file_is_read,
    a_file_that_others_may_use_is_refused, a_file_that_is_none_is_refused,
    freeing_nothing_is_fine)
