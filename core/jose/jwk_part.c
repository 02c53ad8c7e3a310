#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "base64url.h"
#include "jwk_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* RFC 7518, 6.2.2, 6.3.2 and 6.4.1 */
static const char *const secrets[] = { "k",  "d",  "p",  "q",
                                       "dp", "dq", "qi", "oth" };


int
jwk_complain(jwk_complaint_t *err, const char *fmt, ...)
{
    va_list args;
    int n = 0;

    if (err->size == 0) {
        return -1;
    }

    if (err->key[0] != '\0') {
        n = snprintf(err->text, err->size, "%s: ", err->key);
    }

    if (n >= 0 && (size_t) n < err->size) {
        va_start(args, fmt);
        (void) vsnprintf(err->text + n, err->size - (size_t) n, fmt, args);
        va_end(args);
    }

    return -1;
}


ssize_t
jwk_read_bytes(const json_t *item, const char *name, unsigned char *dst,
               size_t min, size_t max, jwk_complaint_t *err)
{
    const json_t *member;
    size_t len;
    ssize_t n;

    member = json_object_get(item, name);
    if (member == NULL) {
        return jwk_complain(err, "\"%s\" is missing", name);
    }

    if (!json_is_string(member)) {
        return jwk_complain(err, "\"%s\" must be a string", name);
    }

    len = json_string_length(member);

    if (base64url_decoded_size(len) < min
        || base64url_decoded_size(len) > max) {
        return (min == max)
                   ? jwk_complain(err, "\"%s\" must hold %zu bytes", name, min)
                   : jwk_complain(err, "\"%s\" must hold %zu to %zu bytes",
                                  name, min, max);
    }

    n = base64url_decode(dst, json_string_value(member), len);
    if (n == -1) {
        return jwk_complain(err, "\"%s\" is not base64url without padding",
                            name);
    }

    return n;
}


EVP_PKEY *
jwk_build_pkey(const char *type, OSSL_PARAM_BLD *bld, int selection)
{
    OSSL_PARAM *params;
    EVP_PKEY_CTX *ctx;
    EVP_PKEY *pkey = NULL;

    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    params = OSSL_PARAM_BLD_to_param(bld);

    if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1) {
        pkey = NULL;
    }

    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);

    return pkey;
}


const char *
jwk_secret(const json_t *item)
{
    size_t i;

    for (i = 0; i < COUNT(secrets); i++) {
        if (json_object_get(item, secrets[i]) != NULL) {
            return secrets[i];
        }
    }

    return NULL;
}


void
jwk_wipe(json_t *item)
{
    const json_t *member;
    size_t i;

    for (i = 0; i < COUNT(secrets); i++) {
        member = json_object_get(item, secrets[i]);

        if (json_is_string(member)) {
            OPENSSL_cleanse((void *) json_string_value(member),
                            json_string_length(member));
        }
    }
}


void
jwk_set_wipe(json_t *root)
{
    json_t *keys;
    size_t i;

    keys = json_object_get(root, "keys");

    for (i = 0; i < json_array_size(keys); i++) {
        jwk_wipe(json_array_get(keys, i));
    }
}


void
jwk_clear(jwk_t *key)
{
    EVP_MAC_CTX_free(key->mac);
    EVP_PKEY_free(key->pkey);
    free(key->grant_header);
    free(key->kid);
    memset(key, 0, sizeof(*key));
}
