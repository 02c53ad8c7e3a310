#include <string.h>
#include "jwk_internal.h"

#define GROUP_NAME_MAX 32

static const jwk_curve_t curves[] = {
    { "P-256", "prime256v1", JWK_P256_SIZE, JWA_ES256 },
    { "P-384", "secp384r1", JWK_P384_SIZE, JWA_ES384 },
    { NULL, NULL, 0, JWA_COUNT }
};


const jwk_curve_t *
jwk_curve(const char *crv)
{
    const jwk_curve_t *curve;

    if (crv == NULL) {
        return NULL;
    }

    for (curve = curves; curve->crv != NULL; curve++) {
        if (strcmp(curve->crv, crv) == 0) {
            return curve;
        }
    }

    return NULL;
}


const jwk_curve_t *
jwk_curve_of(const EVP_PKEY *pkey)
{
    char name[GROUP_NAME_MAX];
    const jwk_curve_t *curve;
    size_t len;

    if (EVP_PKEY_get_group_name(pkey, name, sizeof(name), &len) != 1) {
        return NULL;
    }

    for (curve = curves; curve->crv != NULL; curve++) {
        if (strcmp(curve->group, name) == 0) {
            return curve;
        }
    }

    return NULL;
}
