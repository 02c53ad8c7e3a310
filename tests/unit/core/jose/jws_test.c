/* Signatures of all algorithms: the examples of the RFCs, those of another
   implementation, and what must not pass for one. */

#include <stdio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include "core/jose/jws.h"
#include "core/jose/jwt.h"
#include "tests/unit/foreign.h"
#include "tests/unit/keys.h"
#include "tests/unit/rfc.h"
#include "tests/unit/suite.h"

#define SET(keys) "{\"keys\":[" keys "]}"

#define RFC7515_RSA \
    "{\"kty\":\"RSA\",\"n\":\"" RFC7515_A2_N "\",\"e\":\"AQAB\"}"
#define RFC8037_OKP                                           \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X \
    "\",\"d\":\"" RFC8037_D "\"}"
#define RFC7520_RSA                                                \
    "{\"kty\":\"RSA\",\"kid\":\"bilbo.baggins@hobbiton.example\"," \
    "\"use\":\"sig\",\"n\":\"" RFC7520_N "\",\"e\":\"AQAB\"}"
#define RFC7520_OCT                                                      \
    "{\"kty\":\"oct\",\"kid\":\"018c0ae5-4d9b-471b-bfd6-eef314bc7037\"," \
    "\"use\":\"sig\",\"alg\":\"HS256\",\"k\":\"" RFC7520_K "\"}"
#define UNNAMED_OCT "{\"kty\":\"oct\",\"k\":\"" KEYS_SECRET "\"}"
#define UNNAMED_EC                                                           \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" KEYS_X "\",\"y\":\"" KEYS_Y \
    "\"}"


static const struct {
    const char *name, *set, *token;
} examples[] = {
    { "RFC 7515, A.1", SET(UNNAMED_OCT), RFC7515_A1 },
    { "RFC 7515, A.2", SET(RFC7515_RSA), RFC7515_A2 },
    { "RFC 7515, A.3", SET(UNNAMED_EC), RFC7515_A3 },
    { "RFC 8037, A.4", SET(RFC8037_OKP), RFC8037_A4 },
    { "RFC 7520, 4.1", SET(RFC7520_RSA), RFC7520_41 },
    { "RFC 7520, 4.4", SET(RFC7520_OCT), RFC7520_44 },
    { "RS256", SET(FOREIGN_RSA), FOREIGN_RS256 },
    { "RS384", SET(FOREIGN_RSA), FOREIGN_RS384 },
    { "RS512", SET(FOREIGN_RSA), FOREIGN_RS512 },
    { "PS256", SET(FOREIGN_RSA), FOREIGN_PS256 },
    { "ES256", SET(FOREIGN_P256), FOREIGN_ES256 },
    { "ES384", SET(FOREIGN_P384), FOREIGN_ES384 },
};


static jwt_result_t
check(const jwk_set_t *set, const char *token, size_t len)
{
    jwt_result_t rc;
    jwt_t jwt;

    rc = jwt_open(set, &jws_any, token, len, &jwt);
    if (rc != JWT_OK) {
        return rc;
    }

    rc = jwt_check(&jwt);
    jwt_close(&jwt);
    ck_assert_uint_eq(ERR_peek_error(), 0);

    return rc;
}


START_TEST(the_examples_verify)
{
    jwk_set_t *set;
    size_t i;

    for (i = 0; i < COUNT(examples); i++) {
        set = keys_parse_as(examples[i].set, JWK_ANY);
        ck_assert_msg(check(set, examples[i].token, strlen(examples[i].token))
                          == JWT_OK,
                      "%s", examples[i].name);
        jwk_set_free(set);
    }
}
END_TEST


START_TEST(no_example_survives_a_changed_character)
{
    char token[2048];
    jwk_set_t *set;
    size_t i, at, len;

    for (i = 0; i < COUNT(examples); i++) {
        set = keys_parse_as(examples[i].set, JWK_ANY);
        len = strlen(examples[i].token);

        for (at = 0; at < len; at += 7) {
            memcpy(token, examples[i].token, len);
            token[at] = (token[at] == 'A') ? 'B' : 'A';
            ck_assert_msg(check(set, token, len) != JWT_OK, "%s at %zu",
                          examples[i].name, at);
        }
        jwk_set_free(set);
    }
}
END_TEST


START_TEST(no_example_survives_a_cut_signature)
{
    jwk_set_t *set;
    size_t i, len;

    for (i = 0; i < COUNT(examples); i++) {
        set = keys_parse_as(examples[i].set, JWK_ANY);
        len = (size_t) (strrchr(examples[i].token, '.') - examples[i].token);

        ck_assert_int_eq(check(set, examples[i].token, len + 1),
                         JWT_BAD_SIGNATURE);
        ck_assert_int_ne(
            check(set, examples[i].token, strlen(examples[i].token) - 4),
            JWT_OK);
        jwk_set_free(set);
    }
}
END_TEST


START_TEST(the_unsecured_example_is_refused)
{
    jwk_set_t *set = keys_parse_as(SET(UNNAMED_OCT), JWK_ANY);

    ck_assert_int_eq(check(set, RFC7515_A5, sizeof(RFC7515_A5) - 1),
                     JWT_WRONG_TYPE);
    jwk_set_free(set);
}
END_TEST


START_TEST(ed25519_signs_as_rfc_8037_has_it)
{
    static const char text[] = "eyJhbGciOiJFZERTQSJ9"
                               ".RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    jwk_set_t *set = keys_parse_as(SET(RFC8037_OKP), JWK_ANY);
    unsigned char signature[JWS_SIGNATURE_MAX];
    char encoded[128];
    ssize_t n;

    n = jws_sign(jwk_set_key(set, 0), JWA_EDDSA, text, strlen(text), signature);
    ck_assert_int_eq(n, 64);
    encoded[base64url_encode(encoded, signature, 64)] = '\0';
    ck_assert_str_eq(encoded, strrchr(RFC8037_A4, '.') + 1);
    jwk_set_free(set);
}
END_TEST


START_TEST(each_algorithm_that_signs_verifies_its_own)
{
    static const jwa_t algs[] = { JWA_ES256, JWA_EDDSA, JWA_HS256 };
    unsigned char signature[JWS_SIGNATURE_MAX];
    const jwk_t *key;
    jwk_set_t *set;
    char *json;
    size_t i;
    ssize_t n;

    for (i = 0; i < COUNT(algs); i++) {
        json = jwk_set_generate((algs[i] == JWA_EDDSA) ? JWA_EDDSA : JWA_ES256);
        set = keys_parse(json);
        key = jwk_set_signer(set, JWA_BIT(algs[i]), 0);
        n = jws_sign(key, algs[i], "text", 4, signature);
        ck_assert_int_gt(n, 0);
        ck_assert_int_eq(
            jws_verify(key, algs[i], "text", 4, signature, (size_t) n), 1);
        ck_assert_int_eq(
            jws_verify(key, algs[i], "tex", 3, signature, (size_t) n), 0);
        jwk_set_free(set);
        free(json);
    }
}
END_TEST


/* An RSA key of the test's own, so that it can sign as nobody should. */
static EVP_PKEY *rsa;
static jwk_t *rsa_public;


static void
make_rsa(void)
{
    char *pem, err[256];
    BIO *bio = BIO_new(BIO_s_mem());
    long len;

    rsa = EVP_RSA_gen(2048);
    PEM_write_bio_PUBKEY(bio, rsa);
    len = BIO_get_mem_data(bio, &pem);
    rsa_public = jwk_from_pem(pem, (size_t) len, err, sizeof(err));
    ck_assert_ptr_nonnull(rsa_public);
    BIO_free(bio);
}


/* What becomes under `alg` of a signature with this padding and hash. */
static int
rsa_passes(jwa_t alg, int padding, int salt, const char *md, const char *mgf1)
{
    unsigned char signature[256];
    size_t size = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *settings;
    int rc;

    ck_assert_int_eq(
        EVP_DigestSignInit_ex(ctx, &settings, md, NULL, NULL, rsa, NULL), 1);
    EVP_PKEY_CTX_set_rsa_padding(settings, padding);
    if (padding == RSA_PKCS1_PSS_PADDING) {
        EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, salt);
        EVP_PKEY_CTX_set_rsa_mgf1_md_name(settings, mgf1, NULL);
    }
    ck_assert_int_eq(EVP_DigestSign(ctx, signature, &size,
                                    (const unsigned char *) "text", 4),
                     1);
    EVP_MD_CTX_free(ctx);

    rc = jws_verify(rsa_public, alg, "text", 4, signature, size);
    ck_assert_uint_eq(ERR_peek_error(), 0);

    return rc;
}


START_TEST(ps256_takes_a_salt_of_32_bytes_alone)
{
    static const int salts[] = { 0, 20, 31, 33, 222 };
    size_t i;

    make_rsa();
    ck_assert_int_eq(
        rsa_passes(JWA_PS256, RSA_PKCS1_PSS_PADDING, 32, "SHA256", "SHA256"),
        1);

    for (i = 0; i < COUNT(salts); i++) {
        ck_assert_int_eq(rsa_passes(JWA_PS256, RSA_PKCS1_PSS_PADDING, salts[i],
                                    "SHA256", "SHA256"),
                         0);
    }
}
END_TEST


START_TEST(ps256_takes_sha_256_alone)
{
    make_rsa();
    ck_assert_int_eq(
        rsa_passes(JWA_PS256, RSA_PKCS1_PSS_PADDING, 32, "SHA256", "SHA1"), 0);
    ck_assert_int_eq(
        rsa_passes(JWA_PS256, RSA_PKCS1_PSS_PADDING, 32, "SHA384", "SHA384"),
        0);
}
END_TEST


START_TEST(one_rsa_algorithm_never_passes_for_another)
{
    static const struct {
        jwa_t alg;
        int padding;
        const char *md;
    } kinds[] = { { JWA_RS256, RSA_PKCS1_PADDING, "SHA256" },
                  { JWA_RS384, RSA_PKCS1_PADDING, "SHA384" },
                  { JWA_RS512, RSA_PKCS1_PADDING, "SHA512" },
                  { JWA_PS256, RSA_PKCS1_PSS_PADDING, "SHA256" } };
    size_t i, j;

    make_rsa();
    for (i = 0; i < COUNT(kinds); i++) {
        for (j = 0; j < COUNT(kinds); j++) {
            ck_assert_int_eq(rsa_passes(kinds[i].alg, kinds[j].padding, 32,
                                        kinds[j].md, kinds[j].md),
                             i == j);
        }
    }
}
END_TEST


START_TEST(sha_1_never_passes)
{
    make_rsa();
    ck_assert_int_eq(
        rsa_passes(JWA_RS256, RSA_PKCS1_PADDING, 0, "SHA1", "SHA1"), 0);
}
END_TEST


START_TEST(a_signature_of_another_length_is_bad)
{
    unsigned char zeros[JWS_SIGNATURE_MAX + 1] = { 0 };
    jwk_set_t *set = keys_parse(KEYS_BOTH);

    make_rsa();
    ck_assert_int_eq(jws_verify(rsa_public, JWA_RS256, "", 0, zeros, 255), 0);
    ck_assert_int_eq(jws_verify(rsa_public, JWA_PS256, "", 0, zeros, 257), 0);
    ck_assert_int_eq(jws_verify(rsa_public, JWA_RS256, "", 0, zeros, 1025), 0);
    ck_assert_int_eq(
        jws_verify(jwk_set_key(set, 0), JWA_HS256, "", 0, zeros, 31), 0);
    ck_assert_int_eq(
        jws_verify(jwk_set_key(set, 1), JWA_ES256, "", 0, zeros, 63), 0);
    jwk_set_free(set);
}
END_TEST


RUN("core/jws", the_examples_verify, no_example_survives_a_changed_character,
    no_example_survives_a_cut_signature, the_unsecured_example_is_refused,
    ed25519_signs_as_rfc_8037_has_it,
    each_algorithm_that_signs_verifies_its_own,
    ps256_takes_a_salt_of_32_bytes_alone, ps256_takes_sha_256_alone,
    one_rsa_algorithm_never_passes_for_another, sha_1_never_passes,
    a_signature_of_another_length_is_bad)
