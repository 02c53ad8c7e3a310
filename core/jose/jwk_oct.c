#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include "base64url.h"
#include "jwk_internal.h"

#define HS256_MAX_SIZE 1024

#define GRANT_HEADER "{\"alg\":\"HS256\",\"typ\":\"grant+jwt\",\"kid\":\"%s\"}"


static EVP_MAC_CTX *
prepare_mac(const unsigned char *secret, size_t len)
{
    static char digest[] = "SHA256";
    EVP_MAC *mac;
    EVP_MAC_CTX *ctx;
    OSSL_PARAM params[2];

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
                                                 0);
    params[1] = OSSL_PARAM_construct_end();

    mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    ctx = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);

    if (ctx == NULL || EVP_MAC_init(ctx, secret, len, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


static int
prepare_header(jwk_t *key)
{
    char text[sizeof(GRANT_HEADER) + JWK_KID_MAX];
    int len;

    len = snprintf(text, sizeof(text), GRANT_HEADER, key->kid);

    key->grant_header_len = base64url_encoded_size((size_t) len);
    key->grant_header = malloc(key->grant_header_len + 1);
    if (key->grant_header == NULL) {
        return -1;
    }

    (void) base64url_encode(key->grant_header, text, (size_t) len);
    key->grant_header[key->grant_header_len] = '\0';

    return 0;
}


int
jwk_oct_read(const json_t *item, jwk_t *key, jwk_complaint_t *err)
{
    unsigned char secret[HS256_MAX_SIZE];
    json_t *members;
    ssize_t len;
    int rc;

    if ((key->algs & JWA_BIT(JWA_HS256)) == 0) {
        return jwk_complain(err, "\"alg\" of an \"oct\" key must be \"HS256\"");
    }

    len = jwk_read_bytes(item, "k", secret, JWK_HS256_MIN_SIZE, HS256_MAX_SIZE,
                         err);
    if (len == -1) {
        return -1;
    }

    key->algs = JWA_BIT(JWA_HS256);
    key->mac = prepare_mac(secret, (size_t) len);
    OPENSSL_cleanse(secret, sizeof(secret));

    if (key->mac == NULL) {
        return jwk_complain(err, "OpenSSL takes no HMAC key");
    }

    members = json_pack("{s:s, s:O}", "kty", "oct", "k",
                        json_object_get(item, "k"));
    rc = jwk_thumbprint(members, key->thumbprint);
    json_decref(members);

    if (rc != 0 || (key->signs && prepare_header(key) != 0)) {
        return jwk_complain(err, "out of memory");
    }

    return 0;
}
