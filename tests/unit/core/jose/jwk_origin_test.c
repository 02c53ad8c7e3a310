/* What a key set may hold, by where it comes from. */

#include <stdio.h>
#include <unistd.h>
#include <sys/stat.h>
#include "tests/unit/foreign.h"
#include "tests/unit/keys.h"
#include "tests/unit/rfc.h"
#include "tests/unit/suite.h"

#define SET(keys) "{\"keys\":[" keys "]}"

/* RFC 7517, A.1: one for encryption, one for signatures */
#define PUBLIC_EC                                          \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_X \
    "\",\"y\":\"" RFC7517_Y "\",\"use\":\"enc\",\"kid\":\"1\"}"
#define PUBLIC_RSA                                             \
    "{\"kty\":\"RSA\",\"n\":\"" RFC7517_N "\",\"e\":\"AQAB\"," \
    "\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}"

/* RFC 7517, A.3 */
#define SYMMETRIC                                                           \
    "{\"kty\":\"oct\",\"alg\":\"A128KW\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}" \
    ",{\"kty\":\"oct\",\"k\":\"" KEYS_SECRET "\","                          \
    "\"kid\":\"HMAC key used in JWS spec Appendix A.1 example\"}"

#define ED25519_START \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"o\",\"x\":\"" RFC8037_X "\""


START_TEST(a_published_set_keeps_what_signs)
{
    jwk_set_t *set = keys_parse_as(SET(PUBLIC_EC "," PUBLIC_RSA), JWK_PUBLIC);

    ck_assert_uint_eq(jwk_set_count(set), 1);
    ck_assert_ptr_nonnull(jwk_set_find(set, "2011-04-29", 10, JWA_RS256));
    jwk_set_free(set);
}
END_TEST


START_TEST(alg_narrows_an_rsa_key)
{
    jwk_set_t *set = keys_parse_as(SET(PUBLIC_RSA), JWK_PUBLIC);

    ck_assert_ptr_null(jwk_set_find(set, "2011-04-29", 10, JWA_PS256));
    jwk_set_free(set);
}
END_TEST


START_TEST(without_alg_a_key_fits_all_of_its_kind)
{
    jwk_set_t *set = keys_parse_as(SET(FOREIGN_RSA), JWK_PUBLIC);

    ck_assert_uint_eq(jwk_set_key(set, 0)->algs, JWA_RSA);
    jwk_set_free(set);

    set = keys_parse_as(SET(FOREIGN_P256), JWK_PUBLIC);
    ck_assert_uint_eq(jwk_set_key(set, 0)->algs, JWA_BIT(JWA_ES256));
    jwk_set_free(set);

    set = keys_parse_as(SET(FOREIGN_P384), JWK_PUBLIC);
    ck_assert_uint_eq(jwk_set_key(set, 0)->algs, JWA_BIT(JWA_ES384));
    jwk_set_free(set);

    set = keys_parse_as(SET(ED25519_START "}"), JWK_PUBLIC);
    ck_assert_uint_eq(jwk_set_key(set, 0)->algs, JWA_BIT(JWA_EDDSA));
    jwk_set_free(set);
}
END_TEST


START_TEST(a_published_secret_or_private_half_spoils_the_set)
{
    keys_refused(SET(PUBLIC_RSA "," KEYS_OCT), JWK_PUBLIC, "key \"a1\"",
                 "\"k\" is secret");
    keys_refused(SET(PUBLIC_RSA "," KEYS_EC), JWK_PUBLIC, "key \"a3\"",
                 "\"d\" is secret");
    keys_refused(SET(FOREIGN_RSA_START ",\"p\":\"AQAB\"}"), JWK_PUBLIC,
                 "key \"f\"", "\"p\" is secret");
}
END_TEST


START_TEST(a_private_half_is_seen_even_in_a_key_that_is_left_out)
{
    keys_refused(SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_X
                     "\",\"y\":\"" RFC7517_Y "\",\"d\":\"" RFC7517_D
                     "\",\"use\":\"enc\",\"kid\":\"1\"}"),
                 JWK_PUBLIC, "key \"1\"", "\"d\" is secret");
}
END_TEST


START_TEST(keys_for_other_ends_are_left_out)
{
    static const char *const members[] = {
        "\"use\":\"enc\"",           "\"alg\":\"RSA-OAEP\"",
        "\"alg\":\"PS512\"",         "\"alg\":\"none\"",
        "\"key_ops\":[\"wrapKey\"]", "\"key_ops\":[]",
        "\"key_ops\":[\"sign\"]"
    };
    char json[1024];
    size_t i;

    for (i = 0; i < COUNT(members); i++) {
        snprintf(json, sizeof(json), SET(FOREIGN_RSA_START ",%s}"), members[i]);
        ck_assert_msg(keys_count(json, JWK_PUBLIC) == 0, "%s", members[i]);
    }
}
END_TEST


START_TEST(keys_of_unknown_kinds_are_left_out)
{
    ck_assert_uint_eq(keys_count(SET("{\"kty\":\"AKP\",\"kid\":\"a\"},"
                                     "{\"kty\":\"EC\",\"crv\":\"secp256k1\"},"
                                     "{\"kty\":\"OKP\",\"crv\":\"X25519\"},"
                                     "{\"kid\":\"b\"}," FOREIGN_RSA),
                                 JWK_PUBLIC),
                      1);
}
END_TEST


START_TEST(what_others_leave_out_our_own_set_refuses)
{
    keys_refused(SET("{\"kty\":\"AKP\",\"kid\":\"a\",\"alg\":\"ES256\"}"),
                 JWK_OWN, "key \"a\"", "\"kty\"");
    keys_refused(SET("{\"kty\":\"OKP\",\"crv\":\"X25519\",\"kid\":\"a\","
                     "\"alg\":\"EdDSA\"}"),
                 JWK_OWN, "key \"a\"", "\"crv\"");
    keys_refused(SET(FOREIGN_RSA_START ",\"alg\":\"RSA-OAEP\"}"), JWK_OWN,
                 "key \"f\"", "\"alg\"");
    keys_refused(SET(FOREIGN_RSA_START ",\"alg\":\"RS256\",\"key_ops\":"
                                       "[\"encrypt\"]}"),
                 JWK_OWN, "key \"f\"", "\"key_ops\"");
}
END_TEST


START_TEST(an_alg_of_another_kind_is_refused_everywhere)
{
    keys_refused(SET(FOREIGN_RSA_START ",\"alg\":\"ES256\"}"), JWK_PUBLIC,
                 "key \"f\"", "\"alg\"");
    keys_refused(SET(FOREIGN_RSA_START ",\"alg\":\"HS256\"}"), JWK_PUBLIC,
                 "key \"f\"", "\"alg\"");
    keys_refused(SET(ED25519_START ",\"alg\":\"ES256\"}"), JWK_PUBLIC,
                 "key \"o\"", "\"alg\"");
    keys_refused(SET("{\"kty\":\"EC\",\"crv\":\"P-384\",\"kid\":\"f\","
                     "\"alg\":\"ES256\",\"x\":\"" FOREIGN_P384_X
                     "\",\"y\":\"" FOREIGN_P384_Y "\"}"),
                 JWK_PUBLIC, "key \"f\"", "\"ES384\"");
}
END_TEST


START_TEST(an_operation_that_stands_twice_is_refused_everywhere)
{
    static const jwk_origin_t origins[] = { JWK_OWN, JWK_PUBLIC, JWK_ANY };
    size_t i;

    for (i = 0; i < COUNT(origins); i++) {
        keys_refused(SET(FOREIGN_RSA_START
                         ",\"alg\":\"RS256\",\"key_ops\":[\"verify\",\"x\","
                         "\"verify\"]}"),
                     origins[i], "key \"f\"", "twice");
    }
}
END_TEST


START_TEST(members_of_the_wrong_type_are_refused_everywhere)
{
    static const char *const members[] = { "\"alg\":256", "\"use\":[\"sig\"]",
                                           "\"key_ops\":\"verify\"",
                                           "\"key_ops\":[1]" };
    char json[1024];
    size_t i;

    for (i = 0; i < COUNT(members); i++) {
        snprintf(json, sizeof(json), SET(FOREIGN_RSA_START ",%s}"), members[i]);
        keys_refused(json, JWK_PUBLIC, "key \"f\"", "must");
    }
}
END_TEST


#define NAMELESS                                           \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_X \
    "\",\"y\":\"" RFC7517_Y "\"}"

/* What was left out of a published set, one or none. */
static void
left_out(const char *json, size_t count, const char *key, const char *why)
{
    jwk_set_t *set = keys_parse_as(json, JWK_PUBLIC);
    const char *told = jwk_set_left_out(set, 0);

    ck_assert_uint_eq(jwk_set_count(set), count);

    if (key == NULL) {
        ck_assert_ptr_null(told);
    } else {
        ck_assert_ptr_nonnull(told);
        ck_assert_ptr_nonnull(strstr(told, key));
        ck_assert_ptr_nonnull(strstr(told, why));
        ck_assert_ptr_null(jwk_set_left_out(set, 1));
    }

    jwk_set_free(set);
}


START_TEST(a_published_key_needs_a_kid)
{
    left_out(SET(KEYS_EC_PUBLIC "," NAMELESS), 1, "key 2",
             "\"kid\" is missing");
    keys_refused(SET(NAMELESS), JWK_PUBLIC, "key 1", "\"kid\" is missing");
}
END_TEST


START_TEST(an_odd_key_is_left_out_of_what_others_publish)
{
    left_out(SET(FOREIGN_RSA
                 ",{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"odd\","
                 "\"x\":\"AQAB\",\"y\":\"AQAB\"}"),
             1, "key \"odd\"", "\"x\"");
    left_out(SET("{\"kty\":\"RSA\",\"kid\":\"a\\nb\"}," FOREIGN_RSA), 1,
             "key 1", "\"kid\"");
    left_out(SET(FOREIGN_RSA "," FOREIGN_RSA), 1, "key \"f\"", "twice");
}
END_TEST


START_TEST(a_published_kid_stands_for_one_key_of_an_algorithm)
{
    jwk_set_t *set;

    left_out(SET(FOREIGN_RSA "," FOREIGN_P256), 2, NULL, NULL);

    set = keys_parse_as(SET(FOREIGN_RSA "," FOREIGN_P256), JWK_PUBLIC);
    ck_assert_ptr_eq(jwk_set_find(set, "f", 1, JWA_RS256), jwk_set_key(set, 0));
    ck_assert_ptr_eq(jwk_set_find(set, "f", 1, JWA_ES256), jwk_set_key(set, 1));
    jwk_set_free(set);
}
END_TEST


START_TEST(a_secret_beside_an_odd_key_refuses_all_of_it)
{
    keys_refused(SET(FOREIGN_RSA "," NAMELESS "," KEYS_EC), JWK_PUBLIC,
                 "key \"a3\"", "secret");
}
END_TEST


START_TEST(the_kid_of_others_may_hold_what_ours_may_not)
{
    ck_assert_uint_eq(
        keys_count(SET("{\"kty\":\"EC\",\"crv\":\"P-256\","
                       "\"x\":\"" RFC7517_X "\",\"y\":\"" RFC7517_Y
                       "\",\"kid\":\"a \\\"\\\\/+=\"}"),
                   JWK_PUBLIC),
        1);
    keys_refused(SET("{\"kty\":\"RSA\",\"kid\":\"a\\nb\"}"), JWK_PUBLIC,
                 "key 1", "\"kid\"");
}
END_TEST


START_TEST(a_published_key_never_signs)
{
    jwk_set_t *set = keys_parse_as(SET(FOREIGN_RSA "," KEYS_EC_PUBLIC),
                                   JWK_PUBLIC);

    ck_assert_ptr_null(jwk_set_signer(set, ~0u, 0));
    jwk_set_free(set);
}
END_TEST


START_TEST(any_set_may_hold_secrets_without_kid)
{
    jwk_set_t *set = keys_parse_as(SET(SYMMETRIC), JWK_ANY);

    ck_assert_uint_eq(jwk_set_count(set), 1);
    ck_assert_ptr_nonnull(jwk_set_key(set, 0)->mac);
    jwk_set_free(set);
}
END_TEST


START_TEST(a_key_whose_kid_we_cannot_write_never_signs)
{
    jwk_set_t *set = keys_parse_as(
        SET(SYMMETRIC ",{\"kty\":\"oct\",\"k\":\"" KEYS_SECRET "\"}"), JWK_ANY);

    ck_assert_uint_eq(jwk_set_count(set), 2);
    ck_assert_ptr_null(jwk_set_signer(set, ~0u, 0));
    jwk_set_free(set);
}
END_TEST


START_TEST(private_rsa_members_of_the_rfc_are_left_out_with_their_use)
{
    /* RFC 7517, C.1 */
    ck_assert_uint_eq(keys_count(SET("{\"kty\":\"RSA\",\"kid\":"
                                     "\"juliet@capulet.lit\",\"use\":\"enc\","
                                     "\"n\":\"" RFC7517_C_N
                                     "\",\"e\":\"AQAB\",\"d\":\"AQAB\"}"),
                                 JWK_ANY),
                      0);
}
END_TEST


START_TEST(a_secret_beside_a_public_key_is_refused_in_any_set)
{
    keys_refused(SET(KEYS_OCT "," KEYS_EC_PUBLIC), JWK_ANY, "secrets",
                 "beside public keys");
    ck_assert_uint_eq(keys_count(SET(KEYS_OCT "," KEYS_EC), JWK_ANY), 2);
}
END_TEST


START_TEST(our_own_set_may_verify_with_a_public_key)
{
    ck_assert_uint_eq(
        keys_count(SET(KEYS_OCT "," FOREIGN_RSA_START ",\"alg\":\"RS256\"}"),
                   JWK_OWN),
        2);
}
END_TEST


START_TEST(key_ops_may_forbid_to_sign)
{
    jwk_set_t *set = keys_parse(SET(
        KEYS_EC_START
        ",\"d\":\"" KEYS_D "\",\"key_ops\":[\"verify\"]},"
        "{\"kty\":\"oct\",\"kid\":\"a1\",\"alg\":\"HS256\",\"k\":\"" KEYS_SECRET
        "\",\"key_ops\":[\"verify\"]}"));

    ck_assert_ptr_nonnull(jwk_set_find(set, "a3", 2, JWA_ES256));
    ck_assert_ptr_null(jwk_set_signer(set, ~0u, 0));
    jwk_set_free(set);
}
END_TEST


START_TEST(key_ops_of_a_signer_let_it_verify_too)
{
    jwk_set_t *set = keys_parse(
        SET(KEYS_EC_START ",\"d\":\"" KEYS_D "\",\"key_ops\":[\"sign\"]}"));

    ck_assert_ptr_nonnull(jwk_set_find(set, "a3", 2, JWA_ES256));
    ck_assert_ptr_nonnull(jwk_set_signer(set, JWA_ACCESS, 0));
    jwk_set_free(set);
}
END_TEST


START_TEST(sixty_four_keys_are_the_most)
{
    char json[64 * 1024], *p = json;
    int i;

    p += sprintf(p, "{\"keys\":[");
    for (i = 0; i < 64; i++) {
        p += sprintf(p, "{\"kty\":\"AKP\"},");
    }
    strcpy(p - 1, "]}");
    ck_assert_uint_eq(keys_count(json, JWK_PUBLIC), 0);

    strcpy(p - 1, ",{}]}");
    keys_refused(json, JWK_PUBLIC, "64", "keys");
}
END_TEST


START_TEST(only_our_own_file_must_be_private)
{
    char path[] = "/tmp/jwk_origin_test.XXXXXX", err[256] = "";
    jwk_set_t *set;
    int fd = mkstemp(path);

    ck_assert_int_ne(fd, -1);
    ck_assert_int_gt(write(fd, SET(PUBLIC_RSA), sizeof(SET(PUBLIC_RSA)) - 1),
                     0);
    ck_assert_int_eq(fchmod(fd, 0644), 0);
    close(fd);

    set = jwk_set_read(path, JWK_PUBLIC, err, sizeof(err));
    ck_assert_msg(set != NULL, "%s", err);
    jwk_set_free(set);
    ck_assert_ptr_null(jwk_set_read(path, JWK_OWN, err, sizeof(err)));
    unlink(path);
}
END_TEST


RUN("core/jwk: origins", a_published_set_keeps_what_signs,
    alg_narrows_an_rsa_key, without_alg_a_key_fits_all_of_its_kind,
    a_published_secret_or_private_half_spoils_the_set,
    a_private_half_is_seen_even_in_a_key_that_is_left_out,
    keys_for_other_ends_are_left_out, keys_of_unknown_kinds_are_left_out,
    what_others_leave_out_our_own_set_refuses,
    an_alg_of_another_kind_is_refused_everywhere,
    an_operation_that_stands_twice_is_refused_everywhere,
    members_of_the_wrong_type_are_refused_everywhere,
    a_published_key_needs_a_kid, an_odd_key_is_left_out_of_what_others_publish,
    a_published_kid_stands_for_one_key_of_an_algorithm,
    a_secret_beside_an_odd_key_refuses_all_of_it,
    the_kid_of_others_may_hold_what_ours_may_not, a_published_key_never_signs,
    any_set_may_hold_secrets_without_kid,
    a_key_whose_kid_we_cannot_write_never_signs,
    private_rsa_members_of_the_rfc_are_left_out_with_their_use,
    a_secret_beside_a_public_key_is_refused_in_any_set,
    our_own_set_may_verify_with_a_public_key, key_ops_may_forbid_to_sign,
    key_ops_of_a_signer_let_it_verify_too, sixty_four_keys_are_the_most,
    only_our_own_file_must_be_private)
