#include <stdio.h>
#include <string.h>
#include <time.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include "base64url.h"
#include "jwk.h"
#include "jwk_set.h"


/* jansson gives its memory back as it is. */
static void
wipe_member(json_t *object, const char *name)
{
    json_t *member;

    member = json_object_get(object, name);

    if (json_is_string(member)) {
        OPENSSL_cleanse((void *) json_string_value(member),
                        json_string_length(member));
    }
}


void
jwk_set_wipe(json_t *root)
{
    json_t *keys, *item;
    size_t i;

    keys = json_object_get(root, "keys");

    for (i = 0; i < json_array_size(keys); i++) {
        item = json_array_get(keys, i);
        wipe_member(item, "k");
        wipe_member(item, "d");
    }
}


static json_t *
json_base64url(const unsigned char *bytes, size_t len)
{
    char text[base64url_encoded_size(JWK_P256_SIZE)];
    json_t *json;

    json = json_stringn(text, base64url_encode(text, bytes, len));
    OPENSSL_cleanse(text, sizeof(text));

    return json;
}


/* One number of an EC key, as RFC 7518, 6.2.1.2 pads it; NULL on failure. */
static json_t *
json_coordinate(const EVP_PKEY *pkey, const char *param)
{
    unsigned char bytes[JWK_P256_SIZE];
    BIGNUM *bn = NULL;
    json_t *json = NULL;

    if (EVP_PKEY_get_bn_param(pkey, param, &bn) == 1
        && BN_bn2binpad(bn, bytes, JWK_P256_SIZE) == JWK_P256_SIZE) {
        json = json_base64url(bytes, JWK_P256_SIZE);
    }

    OPENSSL_cleanse(bytes, sizeof(bytes));
    BN_clear_free(bn);

    return json;
}


static json_t *
json_ec(const char *kid, const EVP_PKEY *pkey)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "kty", "EC", "crv",
                     "P-256", "kid", kid, "alg", "ES256", "use", "sig", "x",
                     json_coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_X), "y",
                     json_coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_Y));
}


/* A day and random bytes: "20260131-9f04c2". */
static int
make_kid(char kid[JWK_KID_MAX + 1])
{
    unsigned char r[3];
    struct tm tm;
    time_t now;

    now = time(NULL);

    if (RAND_bytes(r, sizeof(r)) != 1 || gmtime_r(&now, &tm) == NULL) {
        return -1;
    }

    (void) snprintf(kid, JWK_KID_MAX + 1, "%04d%02d%02d-%02x%02x%02x",
                    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, r[0], r[1],
                    r[2]);

    return 0;
}


static json_t *
generate_oct(void)
{
    unsigned char secret[JWK_HS256_MIN_SIZE];
    char kid[JWK_KID_MAX + 1];
    json_t *key;

    if (make_kid(kid) != 0 || RAND_priv_bytes(secret, sizeof(secret)) != 1) {
        return NULL;
    }

    key = json_pack("{s:s, s:s, s:s, s:s, s:o}", "kty", "oct", "kid", kid,
                    "alg", "HS256", "use", "sig", "k",
                    json_base64url(secret, sizeof(secret)));
    OPENSSL_cleanse(secret, sizeof(secret));

    return key;
}


static json_t *
generate_ec(void)
{
    char kid[JWK_KID_MAX + 1];
    EVP_PKEY *pkey;
    json_t *key;

    pkey = EVP_EC_gen("P-256");
    if (pkey == NULL || make_kid(kid) != 0) {
        EVP_PKEY_free(pkey);
        return NULL;
    }

    key = json_ec(kid, pkey);

    if (key != NULL
        && json_object_set_new(key, "d",
                               json_coordinate(pkey, OSSL_PKEY_PARAM_PRIV_KEY))
               != 0) {
        json_decref(key);
        key = NULL;
    }

    EVP_PKEY_free(pkey);

    return key;
}


char *
jwk_set_generate(void)
{
    json_t *root;
    char *text;

    root = json_pack("{s:[o, o]}", "keys", generate_oct(), generate_ec());
    if (root == NULL) {
        return NULL;
    }

    text = json_dumps(root, JSON_INDENT(2));

    jwk_set_wipe(root);
    json_decref(root);

    return text;
}


char *
jwk_set_public(const jwk_set_t *set)
{
    const jwk_t *key;
    json_t *root, *keys;
    char *text = NULL;

    keys = json_array();
    root = json_pack("{s:O}", "keys", keys);

    if (root == NULL) {
        goto done;
    }

    for (key = set->keys; key < set->keys + set->count; key++) {
        if (key->alg == JWA_ES256
            && json_array_append_new(keys, json_ec(key->kid, key->pkey)) != 0) {
            goto done;
        }
    }

    text = json_dumps(root, JSON_COMPACT);

done:

    json_decref(keys);
    json_decref(root);

    return text;
}
