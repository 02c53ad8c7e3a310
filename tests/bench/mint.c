/* How many links a second one core signs, each with an id of its own, in
   batches of as many as one call of the API may ask for. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/grant/grant.h"
#include "core/base/uuid.h"

#define BATCH 1000
#define BATCHES 300


static int
mint_batch(const jwk_set_t *keys, int64_t exp)
{
    char path[64], jti[UUID_TEXT_SIZE], *token;
    grant_claims_t claims = { .path = path, .exp = exp, .jti = jti };
    int i;

    for (i = 0; i < BATCH; i++) {
        claims.path_len = (size_t) snprintf(
            path, sizeof(path), "/media/7f/0198c0de/pages/%04d.png", i);
        token = (uuid_v7(jti) == 0) ? grant_sign(keys, 0, &claims) : NULL;

        if (token == NULL) {
            return -1;
        }

        free(token);
    }

    return 0;
}


int
main(void)
{
    jwk_set_t *keys;
    clock_t start;
    char *json;
    int i, rc = 0;

    json = jwk_set_generate(JWA_ES256);
    keys = json ? jwk_set_parse(json, strlen(json), JWK_OWN, NULL, 0) : NULL;
    free(json);

    if (keys == NULL || mint_batch(keys, time(NULL)) != 0) {
        fputs("mint: no keys, or no memory\n", stderr);
        return EXIT_FAILURE;
    }

    /* the processor's time: others may be at work beside us */
    start = clock();

    for (i = 0; i < BATCHES && rc == 0; i++) {
        rc = mint_batch(keys, time(NULL) + 3600);
    }

    printf("mint %d links: %.0f/s\n", BATCH,
           (double) BATCH * BATCHES * CLOCKS_PER_SEC
               / (double) (clock() - start));
    jwk_set_free(keys);

    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
