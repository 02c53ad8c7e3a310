/* Tokens as strangers send them, then the same bytes as well-signed claims. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "access.h"
#include "grant.h"
#include "jwt.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static jwk_set_t *keys;
    static const jwt_kind_t kinds[] = { JWT_GRANT, JWT_ACCESS };
    json_t *claims;
    access_t access;
    grant_t grant;
    char *json, *token;
    int i;

    if (keys == NULL) {
        json = jwk_set_generate();
        keys = jwk_set_parse(json, strlen(json), NULL, 0);
        free(json);
    }

    for (i = 0; i < 2; i++) {
        if (jwt_verify(keys, kinds[i], (const char *) data, size, &claims)
            == JWT_OK) {
            abort(); /* the keys are seconds old */
        }
    }

    token = jwt_sign(keys, JWT_GRANT, (const char *) data, size);

    if (token != NULL
        && jwt_verify(keys, JWT_GRANT, token, strlen(token), &claims)
               == JWT_OK) {
        (void) grant_parse(claims, &grant);
        (void) access_parse(claims, "https://media.example", "sluice", &access);
        json_decref(claims);
    }

    free(token);

    return 0;
}
