#include <string.h>
#include <openssl/crypto.h>
#include "core/account/cose.h"
#include "tests/unit/suite.h"

/* The key of the first vector of WebAuthn (webauthn_vectors.h), in parts. */
#define X "afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61"
#define Y "930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220"
#define EC \
    "0102" \
    "0326" \
    "2001" \
    "215820" X "225820" Y

/* RFC 8037, A.2 */
#define ED "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

#define N64                                                \
    "c1c5a1d3b9a7c3d5e7f90b1d2f41536577899bbdcfe1f3051729" \
    "3b4d5f718395a7b9cbddef0113253749"


static int
reads(const char *hex, char jwk[COSE_JWK_SIZE], size_t *left)
{
    int rc;
    size_t len;
    unsigned char bytes[2048];
    ctap_reader_t reader;

    ck_assert_int_eq(
        OPENSSL_hexstr2buf_ex(bytes, sizeof(bytes), &len, hex, '\0'), 1);
    reader.bytes = bytes;
    reader.len = len;
    rc = cose_read(&reader, jwk);
    *left = reader.len;

    return rc;
}


START_TEST(a_key_becomes_a_jwk)
{
    size_t left;
    char jwk[COSE_JWK_SIZE];

    ck_assert_int_eq(reads("a5" EC "ff", jwk, &left), 0);
    ck_assert_uint_eq(left, 1);
    ck_assert_ptr_nonnull(strstr(jwk, "\"alg\":\"ES256\""));

    ck_assert_int_eq(reads("a4"
                           "0101"
                           "0327"
                           "2006"
                           "215820" ED,
                           jwk, &left),
                     0);
    ck_assert_str_eq(jwk, "{\"kid\":\"passkey\",\"alg\":\"EdDSA\",\"kty\":"
                          "\"OKP\",\"crv\":\"Ed25519\",\"x\":"
                          "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}");

    /* what else a key may say is passed over: RFC 9052, 7.1 */

    ck_assert_int_eq(reads("a7" EC "044101"
                           "617801",
                           jwk, &left),
                     0);
}
END_TEST


START_TEST(what_is_not_sound_is_refused)
{
    size_t i, left;
    char jwk[COSE_JWK_SIZE];
    static const char *const bad[] = {
        "",
        "00",
        "a0",
        "a4"
        "0102"
        "0326"
        "2001"
        "215820" X, /* no y */
        "a5"
        "0102"
        "0326"
        "2001"
        "215820" X "22f5", /* compressed */
        "a5"
        "0102"
        "0326"
        "2001"
        "215820" X "225820" X, /* off the curve */
        "a5"
        "0102"
        "0326"
        "2001"
        "21581f"
        "00"
        "225820" Y,
        "a5"
        "0102"
        "0326"
        "2002"
        "215820" X "225820" Y, /* P-384 */
        "a5"
        "0102"
        "0327"
        "2001"
        "215820" X "225820" Y, /* EdDSA */
        "a5"
        "0101"
        "0326"
        "2001"
        "215820" X "225820" Y, /* OKP */
        "a5"
        "0102"
        "033822"
        "2001"
        "215820" X "225820" Y, /* ES384 */
        "a6" EC "0326",        /* twice */
        "a5"
        "f50102"
        "0326"
        "2001"
        "215820" X "225820" Y,
        "b1" EC
        "0400050006000700080009000a000b000c000d000e000f00", /* more than
                                                           any key has */
        "a4"
        "0101"
        "0327"
        "2006"
        "215820"
        "0000000000000000000000000000000000000000000000000000000000000000",
        "a4"
        "0101"
        "0327"
        "2004"
        "215820" ED, /* X25519 */
        "a4"
        "0103"
        "03390100"
        "205840" N64 N64 "2143010001", /* 512 bits */
        "a4"
        "0103"
        "03390100"
        "2040"
        "2143010001",
    };

    for (i = 0; i < COUNT(bad); i++) {
        ck_assert_msg(reads(bad[i], jwk, &left) == -1, "%zu", i);
    }
}
END_TEST


/* RFC 8032, 7.1, test 2 */

START_TEST(a_signature_is_right_or_not)
{
    size_t len;
    unsigned char signature[64];
    static const char jwk[] =
        "{\"kid\":\"passkey\",\"alg\":\"EdDSA\",\"kty\":\"OKP\",\"crv\":"
        "\"Ed25519\",\"x\":\"PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw\"}";

    ck_assert_int_eq(
        OPENSSL_hexstr2buf_ex(signature, sizeof(signature), &len,
                              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8f"
                              "b3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                              "387b2eaeb4302aeeb00d291612bb0c00",
                              '\0'),
        1);
    ck_assert(cose_verify(jwk, (const unsigned char *) "\x72", 1, signature,
                          sizeof(signature)));
    ck_assert(!cose_verify(jwk, (const unsigned char *) "\x73", 1, signature,
                           sizeof(signature)));
    ck_assert(!cose_verify(jwk, (const unsigned char *) "\x72", 1, signature,
                           sizeof(signature) - 1));
    ck_assert(!cose_verify("{}", (const unsigned char *) "\x72", 1, signature,
                           sizeof(signature)));
    ck_assert(!cose_verify("\",", (const unsigned char *) "\x72", 1, signature,
                           sizeof(signature)));
}
END_TEST


RUN("core/cose", a_key_becomes_a_jwk, what_is_not_sound_is_refused,
    a_signature_is_right_or_not)
