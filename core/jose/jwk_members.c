#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include "base64url.h"
#include "jwk_internal.h"


json_t *
jwk_json_bytes(const unsigned char *bytes, size_t len)
{
    char text[base64url_encoded_size(JWK_RSA_MAX_SIZE)];
    json_t *json;

    json = json_stringn(text, base64url_encode(text, bytes, len));
    OPENSSL_cleanse(text, sizeof(text));

    return json;
}


json_t *
jwk_json_number(const EVP_PKEY *pkey, const char *param, size_t size)
{
    unsigned char bytes[JWK_RSA_MAX_SIZE];
    BIGNUM *bn = NULL;
    json_t *json = NULL;

    if (EVP_PKEY_get_bn_param(pkey, param, &bn) != 1) {
        return NULL;
    }

    if (size == 0) {
        size = (size_t) BN_num_bytes(bn);
    }

    if (size <= sizeof(bytes)
        && BN_bn2binpad(bn, bytes, (int) size) == (int) size) {
        json = jwk_json_bytes(bytes, size);
    }

    OPENSSL_cleanse(bytes, sizeof(bytes));
    BN_clear_free(bn);

    return json;
}


json_t *
jwk_json_raw(const EVP_PKEY *pkey, jwk_raw_t get)
{
    unsigned char bytes[JWK_ED25519_SIZE];
    size_t len = sizeof(bytes);
    json_t *json = NULL;

    if (get(pkey, bytes, &len) == 1) {
        json = jwk_json_bytes(bytes, len);
    }

    OPENSSL_cleanse(bytes, sizeof(bytes));

    return json;
}


json_t *
jwk_members(const EVP_PKEY *pkey)
{
    const jwk_curve_t *curve;

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        return json_pack("{s:s, s:o, s:o}", "kty", "RSA", "n",
                         jwk_json_number(pkey, OSSL_PKEY_PARAM_RSA_N, 0), "e",
                         jwk_json_number(pkey, OSSL_PKEY_PARAM_RSA_E, 0));
    }

    if (EVP_PKEY_is_a(pkey, "ED25519")) {
        return json_pack("{s:s, s:s, s:o}", "kty", "OKP", "crv", "Ed25519", "x",
                         jwk_json_raw(pkey, EVP_PKEY_get_raw_public_key));
    }

    curve = jwk_curve_of(pkey);
    if (curve == NULL) {
        return NULL;
    }

    return json_pack(
        "{s:s, s:s, s:o, s:o}", "kty", "EC", "crv", curve->crv, "x",
        jwk_json_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, curve->size), "y",
        jwk_json_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, curve->size));
}


int
jwk_thumbprint(json_t *members, unsigned char digest[JWK_THUMBPRINT_SIZE])
{
    char *text;

    text = json_dumps(members, JSON_COMPACT | JSON_SORT_KEYS);
    if (text == NULL) {
        return -1;
    }

    (void) SHA256((const unsigned char *) text, strlen(text), digest);

    OPENSSL_cleanse(text, strlen(text));
    free(text);

    return 0;
}


int
jwk_thumbprint_of(const EVP_PKEY *pkey,
                  unsigned char digest[JWK_THUMBPRINT_SIZE])
{
    json_t *members;
    int rc;

    members = jwk_members(pkey);
    rc = jwk_thumbprint(members, digest);
    json_decref(members);

    return rc;
}
