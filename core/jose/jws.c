#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include "jws.h"
#include "jws_ecdsa.h"

#define HS256_SIZE 32 /* RFC 7518, 3.2 */
#define PS256_SALT 32 /* RFC 7518, 3.5: as long as the hash */

/* `size` is that of r and of s, or of an EdDSA signature; an RSA signature is
   as long as the modulus. */
static const struct {
    const EVP_MD *(*md)(void);
    size_t size;
    int padding;
} algs[JWA_COUNT] = { [JWA_ES256] = { EVP_sha256, 32, 0 },
                      [JWA_ES384] = { EVP_sha384, 48, 0 },
                      [JWA_EDDSA] = { NULL, 64, 0 },
                      [JWA_RS256] = { EVP_sha256, 0, RSA_PKCS1_PADDING },
                      [JWA_RS384] = { EVP_sha384, 0, RSA_PKCS1_PADDING },
                      [JWA_RS512] = { EVP_sha512, 0, RSA_PKCS1_PADDING },
                      [JWA_PS256] = { EVP_sha256, 0, RSA_PKCS1_PSS_PADDING } };


static int
is_ecdsa(jwa_t alg)
{
    return alg == JWA_ES256 || alg == JWA_ES384;
}


static size_t
signature_size(const jwk_t *key, jwa_t alg)
{
    if (alg == JWA_HS256) {
        return HS256_SIZE;
    }

    if (is_ecdsa(alg)) {
        return 2 * algs[alg].size;
    }

    return algs[alg].size ? algs[alg].size
                          : (size_t) EVP_PKEY_get_size(key->pkey);
}


static int
hs256(const jwk_t *key, const char *text, size_t len,
      unsigned char mac[HS256_SIZE])
{
    size_t size;

    if (EVP_MAC_init(key->mac, NULL, 0, NULL) != 1
        || EVP_MAC_update(key->mac, (const unsigned char *) text, len) != 1
        || EVP_MAC_final(key->mac, mac, &size, HS256_SIZE) != 1
        || size != HS256_SIZE) {
        ERR_clear_error();
        return -1;
    }

    return 0;
}


static int
hs256_verify(const jwk_t *key, const char *text, size_t len,
             const unsigned char signature[HS256_SIZE])
{
    unsigned char mac[HS256_SIZE];
    int differs;

    if (hs256(key, text, len, mac) != 0) {
        return -1;
    }

    differs = CRYPTO_memcmp(mac, signature, HS256_SIZE);
    OPENSSL_cleanse(mac, HS256_SIZE);

    return !differs;
}


/* EVP_PKEY_CTX_set_signature_md() is set with the digest; MGF1 takes it too
   unless told otherwise: RFC 8017, 8.1. */
static int
set_padding(EVP_PKEY_CTX *ctx, int padding)
{
    if (padding == 0) {
        return 1;
    }

    return EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1
           && (padding != RSA_PKCS1_PSS_PADDING
               || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, PS256_SALT) == 1);
}


static int
pkey_verify(const jwk_t *key, jwa_t alg, const char *text, size_t len,
            const unsigned char *signature, size_t signature_len)
{
    EVP_PKEY_CTX *settings;
    EVP_MD_CTX *ctx;
    int rc = -1;

    ctx = EVP_MD_CTX_new();

    if (ctx != NULL
        && EVP_DigestVerifyInit(ctx, &settings,
                                algs[alg].md ? algs[alg].md() : NULL, NULL,
                                key->pkey)
               == 1
        && set_padding(settings, algs[alg].padding)) {
        rc = EVP_DigestVerify(ctx, signature, signature_len,
                              (const unsigned char *) text, len)
             == 1;
    }

    if (rc != 1) {
        /* what stays in the queue, nginx would blame on a TLS connection */
        ERR_clear_error();
    }

    EVP_MD_CTX_free(ctx);

    return rc;
}


int
jws_verify(const jwk_t *key, jwa_t alg, const char *text, size_t len,
           const unsigned char *signature, size_t signature_len)
{
    unsigned char der[JWS_DER_MAX];
    ssize_t n;

    if (signature_len != signature_size(key, alg)) {
        return 0;
    }

    if (alg == JWA_HS256) {
        return hs256_verify(key, text, len, signature);
    }

    if (!is_ecdsa(alg)) {
        return pkey_verify(key, alg, text, len, signature, signature_len);
    }

    n = jws_ecdsa_to_der(signature, algs[alg].size, der);
    if (n == -1) {
        ERR_clear_error();
        return -1;
    }

    return pkey_verify(key, alg, text, len, der, (size_t) n);
}


static ssize_t
pkey_sign(const jwk_t *key, jwa_t alg, const char *text, size_t len,
          unsigned char signature[JWS_SIGNATURE_MAX])
{
    unsigned char der[JWS_DER_MAX];
    EVP_MD_CTX *ctx;
    size_t size = sizeof(der);
    ssize_t n = -1;

    ctx = EVP_MD_CTX_new();

    if (ctx != NULL
        && EVP_DigestSignInit(ctx, NULL, algs[alg].md ? algs[alg].md() : NULL,
                              NULL, key->pkey)
               == 1
        && EVP_DigestSign(ctx, der, &size, (const unsigned char *) text, len)
               == 1) {
        if (is_ecdsa(alg)) {
            n = jws_ecdsa_from_der(der, size, algs[alg].size, signature);

        } else {
            memcpy(signature, der, size);
            n = (ssize_t) size;
        }
    }

    if (n == -1) {
        ERR_clear_error();
    }

    EVP_MD_CTX_free(ctx);

    return n;
}


ssize_t
jws_sign(const jwk_t *key, jwa_t alg, const char *text, size_t len,
         unsigned char signature[JWS_SIGNATURE_MAX])
{
    if (alg == JWA_HS256) {
        return (hs256(key, text, len, signature) == 0) ? HS256_SIZE : -1;
    }

    return pkey_sign(key, alg, text, len, signature);
}
