#include <string.h>
#include "jwa.h"

static const char *const names[JWA_COUNT] = {
    [JWA_HS256] = "HS256", [JWA_ES256] = "ES256", [JWA_EDDSA] = "EdDSA",
    [JWA_ES384] = "ES384", [JWA_RS256] = "RS256", [JWA_RS384] = "RS384",
    [JWA_RS512] = "RS512", [JWA_PS256] = "PS256"
};


const char *
jwa_name(jwa_t alg)
{
    return names[alg];
}


unsigned
jwa_bit(const char *name, size_t len)
{
    unsigned alg;

    for (alg = 0; alg < JWA_COUNT; alg++) {
        if (strlen(names[alg]) == len && memcmp(names[alg], name, len) == 0) {
            return JWA_BIT(alg);
        }
    }

    return 0;
}


jwa_t
jwa_only(unsigned algs)
{
    unsigned alg;

    for (alg = 0; alg < JWA_COUNT; alg++) {
        if (algs == JWA_BIT(alg)) {
            return (jwa_t) alg;
        }
    }

    return JWA_COUNT;
}
