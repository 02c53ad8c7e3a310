#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include "mac.h"
#include "seal.h"

static const char seal_label[] = " sluice seal";
static const char seal_form[] = "1:";

#define SEAL_FORM (sizeof(seal_form) - 1)


/* HKDF-Expand of one block: T(1) = HMAC(PRK, info | 0x01). */
static int
seal_key(const jwk_t *jwk, unsigned char key[MAC_SIZE])
{
    return mac_make(jwk, seal_label, "\x01", 1, key);
}


/* With the key: enciphers or deciphers `len` bytes at `from`. */
static int
seal_cipher(EVP_CIPHER_CTX *ctx, int seals, const jwk_t *jwk,
            const unsigned char *nonce, const char *owner,
            const unsigned char *from, size_t len, unsigned char *to)
{
    int n, rc;
    unsigned char key[MAC_SIZE];

    rc = seal_key(jwk, key) == 0
                 && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce,
                                      seals)
                        == 1
                 && EVP_CipherUpdate(ctx, NULL, &n,
                                     (const unsigned char *) owner,
                                     (int) strlen(owner))
                        == 1
                 && EVP_CipherUpdate(ctx, to, &n, from, (int) len) == 1
             ? 0
             : -1;
    OPENSSL_cleanse(key, sizeof(key));

    return rc;
}


int
seal_write(const jwk_set_t *keys, unsigned nth, const char *owner,
           const void *secret, size_t len, char text[SEAL_SIZE])
{
    int n, rc = -1;
    char *p = text;
    const jwk_t *jwk;
    unsigned char bytes[SEAL_BYTES];
    EVP_CIPHER_CTX *ctx;

    jwk = jwk_set_signer(keys, JWA_BIT(JWA_HS256), nth);

    if (jwk == NULL || len < 1 || len > SEAL_SECRET_MAX
        || RAND_bytes(bytes, SEAL_NONCE) != 1) {
        return -1;
    }

    ctx = EVP_CIPHER_CTX_new();

    if (ctx == NULL
        || seal_cipher(ctx, 1, jwk, bytes, owner, secret, len,
                       bytes + SEAL_NONCE)
               != 0
        || EVP_CipherFinal_ex(ctx, bytes + SEAL_NONCE + len, &n) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, SEAL_TAG,
                               bytes + SEAL_NONCE + len)
               != 1) {
        goto done;
    }

    memcpy(p, seal_form, SEAL_FORM);
    p += SEAL_FORM;
    p += base64url_encode(p, bytes, SEAL_NONCE + len + SEAL_TAG);
    *p++ = ':';
    memcpy(p, jwk->kid, jwk->kid_len + 1);
    rc = 0;

done:

    EVP_CIPHER_CTX_free(ctx);

    return rc;
}


/* The kid behind the bytes, whose number is in `*len`; NULL: it is no seal. */
static const char *
seal_open(const char *text, unsigned char bytes[SEAL_BYTES], size_t *len)
{
    size_t characters;
    ssize_t n;
    const char *end;

    if (strncmp(text, seal_form, SEAL_FORM) != 0) {
        return NULL;
    }

    text += SEAL_FORM;
    end = strchr(text, ':');
    characters = end ? (size_t) (end - text) : 0;

    if (characters == 0 || characters > base64url_encoded_size(SEAL_BYTES)) {
        return NULL;
    }

    n = base64url_decode(bytes, text, characters);
    if (n <= SEAL_NONCE + SEAL_TAG) {
        return NULL;
    }

    *len = (size_t) n;

    return end + 1;
}


ssize_t
seal_read(const jwk_set_t *keys, const char *text, const char *owner,
          unsigned char secret[SEAL_SECRET_MAX])
{
    int n, rc;
    size_t len;
    const char *kid;
    const jwk_t *jwk;
    unsigned char bytes[SEAL_BYTES];
    EVP_CIPHER_CTX *ctx;

    kid = seal_open(text, bytes, &len);
    jwk = kid ? jwk_set_find(keys, kid, strlen(kid), JWA_HS256) : NULL;
    ctx = jwk ? EVP_CIPHER_CTX_new() : NULL;

    if (ctx == NULL) {
        return -1;
    }

    len -= SEAL_NONCE + SEAL_TAG;

    rc = seal_cipher(ctx, 0, jwk, bytes, owner, bytes + SEAL_NONCE, len, secret)
                     == 0
                 && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, SEAL_TAG,
                                        bytes + SEAL_NONCE + len)
                        == 1
                 && EVP_CipherFinal_ex(ctx, secret + len, &n) == 1
             ? 0
             : -1;
    EVP_CIPHER_CTX_free(ctx);

    if (rc != 0) {
        OPENSSL_cleanse(secret, len);
        return -1;
    }

    return (ssize_t) len;
}


int
seal_is_current(const jwk_set_t *keys, unsigned nth, const char *text)
{
    size_t len;
    const char *kid;
    const jwk_t *jwk;
    unsigned char bytes[SEAL_BYTES];

    kid = seal_open(text, bytes, &len);
    jwk = jwk_set_signer(keys, JWA_BIT(JWA_HS256), nth);

    return kid && jwk && strcmp(kid, jwk->kid) == 0;
}
