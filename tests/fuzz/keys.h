/* A set of our own that is made once. */

#ifndef SLUICE_FUZZ_KEYS_H
#define SLUICE_FUZZ_KEYS_H

#include <stdlib.h>
#include <string.h>
#include "core/jose/jwk.h"

static const jwk_set_t *
the_keys(void)
{
    static jwk_set_t *keys;
    char *json;

    if (keys == NULL) {
        json = jwk_set_generate(JWA_ES256);
        keys = jwk_set_parse(json, strlen(json), JWK_OWN, NULL, 0);
        free(json);
    }

    return keys;
}

#endif
