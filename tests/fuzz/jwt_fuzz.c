/* Tokens as strangers send them, then the same bytes as well-signed claims. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "core/grant/access.h"
#include "core/grant/grant.h"
#include "core/jose/jwt.h"

/* Keys of the kinds that only verify. Their private halves were never kept. */
#define PUBLIC_KEYS                                                      \
    "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r\",\"e\":\"AQAB\",\"n\":\""  \
    "sRMOkj0owGZ3DIYe471MIfhYFcSKgJ_b3W5rPg7vFq7khmG5oDc06supjjfASgn3HI" \
    "4LnrTiZRvnGFku3IJtnWRyd4e1talra6rd-xA1HYSHOcxgtylmNCpuChWeilrFAkOB" \
    "4pKrau-EgzoyH3nPg_FLPehS7-cY8cu484loRoDQJtO3P01825HNyaUVhBpgUDLd5w" \
    "RJ3RKTcSulN9J7mkpLT4SqfOm6MFw2kQvoNT2BxgiSXRZXHk6-m3qrheuVwXPIjDfC" \
    "UjGFRC73l21CNA2KTExJZuxErHrao1Me-IiuOecZqTHP2gEQPKSoH6hDj5ZRTLUft-" \
    "Vfi9rh1x9fDQ"                                                       \
    "\"},{\"kty\":\"EC\",\"kid\":\"e\",\"crv\":\"P-256\","               \
    "\"x\":\"yMj1JdBOrZdDRZ3qP5WRwYU5vci1ReWgHILGpjQjsh0\","             \
    "\"y\":\"qrs6BurbG0TGDZusM3RKoKJtm11eMT46TXOwtQ2WctI\"},"            \
    "{\"kty\":\"OKP\",\"kid\":\"o\",\"crv\":\"Ed25519\","                \
    "\"x\":\"KxK6ZI30bYutKcHBb5owJDYOPexNEO_qZfYJ_i_MSac\"}]}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* No stranger has a key to sign with. */
static void
refuse(const jwk_set_t *keys, const jwt_profile_t *profile, const char *token,
       size_t len)
{
    json_t *claims;
    size_t size;
    char *bytes;
    jwt_t jwt;

    if (jwt_verify(keys, profile, token, len, &claims) == JWT_OK) {
        abort();
    }

    if (jwt_open(keys, profile, token, len, &jwt) == JWT_OK) {
        if (jwt_payload(&jwt, &bytes, &size) == JWT_OK) {
            free(bytes);
        }

        jwt_close(&jwt);
    }

    if (ERR_peek_error() != 0) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static jwk_set_t *keys, *others;
    static const jwt_profile_t *const profiles[] = {
        &jwt_grant, &jwt_access, &jwt_foreign, &jwt_load_balancer, &jws_any
    };
    const char *text = (const char *) data;
    json_t *claims;
    access_t access;
    grant_t grant;
    char *json, *token;
    size_t i;

    if (keys == NULL) {
        json = jwk_set_generate(JWA_ES256);
        keys = jwk_set_parse(json, strlen(json), JWK_OWN, NULL, 0);
        others = jwk_set_parse(PUBLIC_KEYS, sizeof(PUBLIC_KEYS) - 1, JWK_PUBLIC,
                               NULL, 0);
        free(json);
    }

    for (i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        refuse(keys, profiles[i], text, size);
        refuse(others, profiles[i], text, size);
    }

    token = jwt_sign(keys, &jwt_grant, 0, text, size);

    if (token != NULL
        && jwt_verify(keys, &jwt_grant, token, strlen(token), &claims)
               == JWT_OK) {
        (void) grant_parse(claims, &grant);
        (void) access_parse(claims, "https://media.example", "sluice", &access);
        json_decref(claims);
    }

    free(token);

    return 0;
}
