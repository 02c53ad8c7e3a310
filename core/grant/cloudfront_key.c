/* Keys and signatures of CloudFront's links. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "cloudfront.h"


cloudfront_keys_t *
cloudfront_keys_create(void)
{
    return calloc(1, sizeof(cloudfront_keys_t));
}


void
cloudfront_keys_free(cloudfront_keys_t *keys)
{
    size_t i;

    if (keys == NULL) {
        return;
    }

    for (i = 0; i < keys->count; i++) {
        jwk_free(keys->key[i].jwk);
    }

    free(keys);
}


/* NULL, or what is wrong with it. */
static const char *
id_fault(const cloudfront_keys_t *keys, const char *id)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t i, len;

    len = strlen(id);

    if (len == 0 || len > CLOUDFRONT_ID_MAX || strspn(id, letters) != len) {
        return "a Key-Pair-Id is 1 to 64 letters, digits, '-' and '_'";
    }

    for (i = 0; i < keys->count; i++) {
        if (strcmp(keys->key[i].id, id) == 0) {
            return "this Key-Pair-Id is there already";
        }
    }

    return keys->count == CLOUDFRONT_KEYS_MAX ? "there are 32 keys already"
                                              : NULL;
}


int
cloudfront_keys_add(cloudfront_keys_t *keys, const char *id, const char *pem,
                    size_t len, char *err, size_t err_size)
{
    jwk_t *jwk;
    const char *fault;
    cloudfront_key_t *key;

    fault = id_fault(keys, id);
    if (fault) {
        snprintf(err, err_size, "%s", fault);
        return -1;
    }

    jwk = jwk_from_pem(pem, len, err, err_size);
    if (jwk == NULL) {
        return -1;
    }

    if (EVP_PKEY_get_size(jwk->pkey) > CLOUDFRONT_SIGNATURE_MAX) {
        snprintf(err, err_size, "an RSA key has at most 4096 bits");
        jwk_free(jwk);
        return -1;
    }

    key = &keys->key[keys->count++];
    strcpy(key->id, id);
    key->jwk = jwk;

    return 0;
}


int
cloudfront_digest(const cloudfront_t *cf,
                  unsigned char digest[CLOUDFRONT_DIGEST_SIZE])
{
    EVP_MD_CTX *ctx;
    unsigned char hash;
    int good;

    ctx = EVP_MD_CTX_new();
    hash = (unsigned char) EVP_MD_get_size(cf->md);

    /* no text has a NUL: it parts text and signature */
    good = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL)
           && EVP_DigestUpdate(ctx, cf->key->jwk->thumbprint,
                               JWK_THUMBPRINT_SIZE)
           && EVP_DigestUpdate(ctx, &hash, 1)
           && EVP_DigestUpdate(ctx, cf->text, cf->text_len)
           && EVP_DigestUpdate(ctx, "", 1)
           && EVP_DigestUpdate(ctx, cf->signature, cf->signature_len)
           && EVP_DigestFinal_ex(ctx, digest, NULL);

    EVP_MD_CTX_free(ctx);

    return good ? 0 : -1;
}


int
cloudfront_check(const cloudfront_t *cf)
{
    EVP_MD_CTX *ctx;
    int good;

    ERR_set_mark();

    ctx = EVP_MD_CTX_new();

    good = ctx != NULL
           && EVP_DigestVerifyInit(ctx, NULL, cf->md, NULL, cf->key->jwk->pkey)
                  == 1
           && EVP_DigestVerify(ctx, cf->signature, cf->signature_len,
                               (const unsigned char *) cf->text, cf->text_len)
                  == 1;

    EVP_MD_CTX_free(ctx);
    ERR_pop_to_mark();

    return good;
}
