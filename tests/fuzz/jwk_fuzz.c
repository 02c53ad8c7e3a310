/* Key sets of each origin: whatever is taken can be used and written. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "core/jose/jwk.h"
#include "core/jose/jwt.h"
#include "must.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* What the set signs, it verifies; without a key it signs nothing. */
static void
sign_and_verify(const jwk_set_t *keys, const jwt_profile_t *profile)
{
    json_t *claims;
    char *token;

    token = jwt_sign(keys, profile, 0, "{}", 2);

    if (jwk_set_signer(keys, profile->algs, 0) == NULL) {
        must(token == NULL);
        return;
    }

    must(token != NULL);
    must(jwt_verify(keys, profile, token, strlen(token), &claims) == JWT_OK);
    json_decref(claims);
    free(token);
}


/* The public half is a set for the others, and never signs. */
static void
publish(const jwk_set_t *keys)
{
    char err[256], *json;
    jwk_set_t *public;
    size_t i;

    json = jwk_set_public(keys);
    public = jwk_set_parse(json, strlen(json), JWK_PUBLIC, err, sizeof(err));
    must(public != NULL);
    must(jwk_set_signer(public, ~0u, 0) == NULL);

    for (i = 0; i < jwk_set_count(public); i++) {
        must(jwk_set_key(public, i)->mac == NULL);
    }

    jwk_set_free(public);
    free(json);
}


/* Our own sets stay good when keys come and go. */
static void
edit(const jwk_set_t *keys, const char *json, size_t len)
{
    char err[256], *text;
    jwk_set_t *set;

    text = jwk_set_rotate(json, len, err, sizeof(err));
    if (text != NULL) {
        set = jwk_set_parse(text, strlen(text), JWK_OWN, err, sizeof(err));
        must(set != NULL && jwk_set_count(set) == jwk_set_count(keys) + 2);
        jwk_set_free(set);
        free(text);
    }

    if (jwk_set_count(keys) > 0) {
        free(jwk_set_remove(json, len, jwk_set_key(keys, 0)->kid, err,
                            sizeof(err)));
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const jwk_origin_t origins[] = { JWK_OWN, JWK_PUBLIC, JWK_ANY };
    const char *text = (const char *) data;
    char err[64];
    jwk_set_t *keys;
    size_t i;

    for (i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        keys = jwk_set_parse(text, size, origins[i], err, sizeof(err));
        must(ERR_peek_error() == 0);

        if (keys == NULL) {
            continue;
        }

        sign_and_verify(keys, &jwt_grant);
        sign_and_verify(keys, &jwt_access);
        publish(keys);

        if (origins[i] == JWK_PUBLIC) {
            must(jwk_set_signer(keys, ~0u, 0) == NULL);
        }

        if (origins[i] == JWK_OWN) {
            edit(keys, text, size);
        }

        jwk_set_free(keys);
    }

    jwk_free(jwk_from_pem(text, size, err, sizeof(err)));
    must(ERR_peek_error() == 0);

    return 0;
}
