/* Key sets: whatever is taken can be used and written. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "jwk.h"
#include "jwt.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char err[64];
    char *json, *token;
    json_t *claims;
    jwk_set_t *keys, *public;

    keys = jwk_set_parse((const char *) data, size, err, sizeof(err));
    if (keys == NULL) {
        return 0;
    }

    token = jwt_sign(keys, JWT_GRANT, "{}", 2);

    if (jwk_set_signer(keys, JWA_HS256) != NULL) {
        if (token == NULL
            || jwt_verify(keys, JWT_GRANT, token, strlen(token), &claims)
                   != JWT_OK) {
            abort();
        }

        json_decref(claims);
    }

    json = jwk_set_public(keys);
    public = jwk_set_parse(json, strlen(json), err, sizeof(err));

    if (public == NULL || jwk_set_signer(public, JWA_ES256) != NULL
        || jwk_set_signer(public, JWA_HS256) != NULL) {
        abort();
    }

    jwk_set_free(public);
    free(json);
    free(token);
    jwk_set_free(keys);

    return 0;
}
