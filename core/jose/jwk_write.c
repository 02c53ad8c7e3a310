#include <stdio.h>
#include <time.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include "jwk_internal.h"


/* The public members of a key, with what it is for. */
static json_t *
json_public(const EVP_PKEY *pkey, unsigned algs, const char *kid)
{
    json_t *json;
    jwa_t alg;

    alg = jwa_only(algs);

    json = jwk_members(pkey);

    if (json_object_set_new(json, "kid", json_string(kid)) != 0
        || json_object_set_new(json, "use", json_string("sig")) != 0
        || (alg != JWA_COUNT
            && json_object_set_new(json, "alg", json_string(jwa_name(alg)))
                   != 0)) {
        json_decref(json);
        return NULL;
    }

    return json;
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
generate_oct(const char *kid)
{
    unsigned char secret[JWK_HS256_MIN_SIZE];
    json_t *key;

    if (RAND_priv_bytes(secret, sizeof(secret)) != 1) {
        return NULL;
    }

    key = json_pack("{s:s, s:s, s:s, s:s, s:o}", "kty", "oct", "kid", kid,
                    "alg", "HS256", "use", "sig", "k",
                    jwk_json_bytes(secret, sizeof(secret)));
    OPENSSL_cleanse(secret, sizeof(secret));

    return key;
}


static json_t *
generate_pair(const char *kid, jwa_t alg)
{
    EVP_PKEY *pkey;
    json_t *key, *d;

    pkey = (alg == JWA_EDDSA) ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                              : EVP_EC_gen("P-256");
    if (pkey == NULL) {
        return NULL;
    }

    key = json_public(pkey, JWA_BIT(alg), kid);
    d = (alg == JWA_EDDSA)
            ? jwk_json_raw(pkey, EVP_PKEY_get_raw_private_key)
            : jwk_json_number(pkey, OSSL_PKEY_PARAM_PRIV_KEY, JWK_P256_SIZE);

    if (json_object_set_new(key, "d", d) != 0) {
        json_decref(key);
        key = NULL;
    }

    EVP_PKEY_free(pkey);

    return key;
}


json_t *
jwk_generate(jwa_t alg)
{
    char kid[JWK_KID_MAX + 1];

    if (make_kid(kid) != 0) {
        return NULL;
    }

    return (alg == JWA_HS256) ? generate_oct(kid) : generate_pair(kid, alg);
}


char *
jwk_set_generate(jwa_t alg)
{
    json_t *root;
    char *text;

    root = json_pack("{s:[o, o]}", "keys", jwk_generate(JWA_HS256),
                     jwk_generate(alg));
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
        if (key->pkey != NULL && key->kid != NULL
            && json_array_append_new(
                   keys, json_public(key->pkey, key->algs, key->kid))
                   != 0) {
            goto done;
        }
    }

    text = json_dumps(root, JSON_COMPACT);

done:

    json_decref(keys);
    json_decref(root);

    return text;
}


char *
jwk_public_json(const jwk_t *key, const char *kid)
{
    json_t *json;
    char *text;

    if (key->pkey == NULL) {
        return NULL;
    }

    json = json_public(key->pkey, key->algs, kid);
    text = json_dumps(json, JSON_COMPACT);
    json_decref(json);

    return text;
}
