#define _GNU_SOURCE /* memmem() */
#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "jwk_internal.h"

#define PEM_MAX_SIZE (16 * 1024)
#define PEM_BEGIN "-----BEGIN "
#define PEM_LABEL "-----BEGIN PUBLIC KEY-----"


static int
check_text(const char *pem, size_t len, jwk_complaint_t *err)
{
    const char *first, *rest;

    if (len > PEM_MAX_SIZE) {
        return jwk_complain(err, "a key in PEM takes at most %d bytes",
                            PEM_MAX_SIZE);
    }

    first = memmem(pem, len, PEM_BEGIN, sizeof(PEM_BEGIN) - 1);

    if (first == NULL
        || memmem(pem, len, PEM_LABEL, sizeof(PEM_LABEL) - 1) != first) {
        return jwk_complain(err, "no \"BEGIN PUBLIC KEY\" at its beginning");
    }

    rest = first + sizeof(PEM_LABEL) - 1;

    if (memmem(rest, len - (size_t) (rest - pem), PEM_BEGIN,
               sizeof(PEM_BEGIN) - 1)
        != NULL) {
        return jwk_complain(err, "more than one key");
    }

    return 0;
}


static EVP_PKEY *
decode(const char *pem, size_t len)
{
    EVP_PKEY *pkey = NULL;
    BIO *bio;

    bio = BIO_new_mem_buf(pem, (int) len);
    if (bio != NULL) {
        pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    }

    BIO_free(bio);

    return pkey;
}


static int
check_rsa(jwk_t *key, jwk_complaint_t *err)
{
    const char *weakness = "OpenSSL does not tell modulus and exponent";
    BIGNUM *n = NULL, *e = NULL;

    if (EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1
        && EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1) {
        weakness = jwk_rsa_weakness(n, e);
    }

    BN_free(e);
    BN_free(n);

    key->algs = JWA_RSA;

    return (weakness == NULL) ? 0 : jwk_complain(err, "%s", weakness);
}


static int
check_ec(jwk_t *key, jwk_complaint_t *err)
{
    const jwk_curve_t *curve;

    curve = jwk_curve_of(key->pkey);

    if (curve == NULL || curve->alg != JWA_ES256) {
        return jwk_complain(err, "an EC key must be on P-256");
    }

    key->algs = JWA_BIT(curve->alg);

    return jwk_ec_good(key->pkey, 0)
               ? 0
               : jwk_complain(err, "not a point of the curve");
}


static int
read_pem(const char *pem, size_t len, jwk_t *key, jwk_complaint_t *err)
{
    int rc;

    if (check_text(pem, len, err) != 0) {
        return -1;
    }

    key->pkey = decode(pem, len);
    if (key->pkey == NULL) {
        return jwk_complain(err, "not a public key that OpenSSL reads");
    }

    if (EVP_PKEY_is_a(key->pkey, "RSA")) {
        rc = check_rsa(key, err);

    } else if (EVP_PKEY_is_a(key->pkey, "EC")) {
        rc = check_ec(key, err);

    } else {
        rc = jwk_complain(err, "neither an RSA nor an EC key");
    }

    if (rc != 0) {
        return -1;
    }

    return (jwk_thumbprint_of(key->pkey, key->thumbprint) == 0)
               ? 0
               : jwk_complain(err, "out of memory");
}


jwk_t *
jwk_from_pem(const char *pem, size_t len, char *err, size_t err_size)
{
    jwk_complaint_t complaint = { err, err_size, "" };
    jwk_t *key;

    key = calloc(1, sizeof(*key));

    if (key == NULL) {
        (void) jwk_complain(&complaint, "out of memory");

    } else if (read_pem(pem, len, key, &complaint) != 0) {
        jwk_free(key);
        key = NULL;
    }

    ERR_clear_error();

    return key;
}


void
jwk_free(jwk_t *key)
{
    if (key != NULL) {
        jwk_clear(key);
        free(key);
    }
}
