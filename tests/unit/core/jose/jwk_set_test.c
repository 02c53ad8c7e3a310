/* A set's order, its public face, and the fingerprints of its keys. */

#include <stdio.h>
#include "tests/unit/foreign.h"
#include "tests/unit/keys.h"
#include "tests/unit/rfc.h"
#include "tests/unit/suite.h"

#define ED25519_PUBLIC                                                      \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"o\",\"alg\":\"EdDSA\"," \
    "\"x\":\"" RFC8037_X "\"}"
#define OCT(kid)                      \
    "{\"kty\":\"oct\",\"kid\":\"" kid \
    "\",\"alg\":\"HS256\",\"k\":\"" KEYS_SECRET "\"}"


static void
has_thumbprint(const char *jwk, const char *expected)
{
    char json[1024], text[64];
    jwk_set_t *set;

    snprintf(json, sizeof(json), "{\"keys\":[%s]}", jwk);
    set = keys_parse_as(json, JWK_ANY);
    text[base64url_encode(text, jwk_set_key(set, 0)->thumbprint,
                          JWK_THUMBPRINT_SIZE)] = '\0';
    ck_assert_str_eq(text, expected);
    jwk_set_free(set);
}


START_TEST(the_thumbprint_is_that_of_rfc_7638)
{
    has_thumbprint(
        "{\"kty\":\"RSA\",\"n\":\"" RFC7517_N
        "\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}",
        RFC7638_THUMBPRINT);
}
END_TEST


START_TEST(the_thumbprint_is_that_of_rfc_8037)
{
    has_thumbprint("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X
                   "\"}",
                   RFC8037_THUMBPRINT);
}
END_TEST


START_TEST(a_private_half_does_not_change_the_thumbprint)
{
    has_thumbprint("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"" RFC8037_D
                   "\",\"x\":\"" RFC8037_X "\"}",
                   RFC8037_THUMBPRINT);
}
END_TEST


START_TEST(every_key_has_a_thumbprint_of_its_own)
{
    jwk_set_t *set = keys_parse("{\"keys\":[" KEYS_OCT "," KEYS_EC_PUBLIC
                                "," ED25519_PUBLIC "]}");
    size_t i, j;

    for (i = 0; i < jwk_set_count(set); i++) {
        for (j = 0; j < i; j++) {
            ck_assert_mem_ne(jwk_set_key(set, i)->thumbprint,
                             jwk_set_key(set, j)->thumbprint,
                             JWK_THUMBPRINT_SIZE);
        }
    }
    jwk_set_free(set);
}
END_TEST


START_TEST(signers_come_in_the_order_of_the_set)
{
    jwk_set_t *set = keys_parse(
        "{\"keys\":[" OCT("a") "," KEYS_EC "," OCT("b") "," OCT("c") "]}");

    ck_assert_str_eq(jwk_set_signer(set, JWA_BIT(JWA_HS256), 0)->kid, "a");
    ck_assert_str_eq(jwk_set_signer(set, JWA_BIT(JWA_HS256), 1)->kid, "b");
    ck_assert_str_eq(jwk_set_signer(set, JWA_BIT(JWA_HS256), 2)->kid, "c");
    jwk_set_free(set);
}
END_TEST


START_TEST(behind_the_last_signer_stands_the_last)
{
    jwk_set_t *set = keys_parse("{\"keys\":[" OCT("a") "," OCT("b") "]}");

    ck_assert_str_eq(jwk_set_signer(set, JWA_BIT(JWA_HS256), 7)->kid, "b");
    ck_assert_ptr_null(jwk_set_signer(set, JWA_ACCESS, 7));
    jwk_set_free(set);
}
END_TEST


START_TEST(a_kid_is_found_whatever_the_key_is_for)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);

    ck_assert_ptr_eq(jwk_set_kid(set, "a3", 2), jwk_set_key(set, 1));
    ck_assert_ptr_null(jwk_set_kid(set, "a2", 2));
    jwk_set_free(set);
}
END_TEST


START_TEST(the_header_of_grants_is_ready)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    const jwk_t *key = jwk_set_key(set, 0);
    char text[128];
    ssize_t n;

    n = base64url_decode(text, key->grant_header, key->grant_header_len);
    ck_assert_int_ne(n, -1);
    text[n] = '\0';
    ck_assert_str_eq(
        text, "{\"alg\":\"HS256\",\"typ\":\"grant+jwt\",\"kid\":\"a1\"}");
    ck_assert_ptr_null(jwk_set_key(set, 1)->grant_header);
    jwk_set_free(set);
}
END_TEST


START_TEST(the_public_set_has_every_kind_but_secrets)
{
    jwk_set_t *set = keys_parse("{\"keys\":[" KEYS_OCT "," KEYS_EC
                                "," ED25519_PUBLIC "," FOREIGN_RSA_START
                                ",\"alg\":\"PS256\"}]}");
    char *json = jwk_set_public(set);
    jwk_set_t *public = keys_parse_as(json, JWK_PUBLIC);

    ck_assert_uint_eq(jwk_set_count(public), 3);
    ck_assert_ptr_nonnull(jwk_set_find(public, "a3", 2, JWA_ES256));
    ck_assert_ptr_nonnull(jwk_set_find(public, "o", 1, JWA_EDDSA));
    ck_assert_ptr_nonnull(jwk_set_find(public, "f", 1, JWA_PS256));
    jwk_set_free(public);
    free(json);
    jwk_set_free(set);
}
END_TEST


START_TEST(a_secret_is_never_written_as_a_public_key)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);

    ck_assert_ptr_null(jwk_public_json(jwk_set_key(set, 0), "a1"));
    jwk_set_free(set);
}
END_TEST


START_TEST(a_set_is_made_for_eddsa_too)
{
    char *json = jwk_set_generate(JWA_EDDSA);
    jwk_set_t *set = keys_parse(json);

    ck_assert_ptr_nonnull(jwk_set_signer(set, JWA_BIT(JWA_HS256), 0));
    ck_assert_ptr_nonnull(jwk_set_signer(set, JWA_BIT(JWA_EDDSA), 0));
    ck_assert_ptr_null(jwk_set_signer(set, JWA_BIT(JWA_ES256), 0));
    jwk_set_free(set);
    free(json);
}
END_TEST


RUN("core/jwk_set", the_thumbprint_is_that_of_rfc_7638,
    the_thumbprint_is_that_of_rfc_8037,
    a_private_half_does_not_change_the_thumbprint,
    every_key_has_a_thumbprint_of_its_own, signers_come_in_the_order_of_the_set,
    behind_the_last_signer_stands_the_last,
    a_kid_is_found_whatever_the_key_is_for, the_header_of_grants_is_ready,
    the_public_set_has_every_kind_but_secrets,
    a_secret_is_never_written_as_a_public_key, a_set_is_made_for_eddsa_too)
