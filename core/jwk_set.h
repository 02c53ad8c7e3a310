/* What jwk.c, which reads key sets, and jwk_write.c, which makes them, share.
 */

#ifndef SLUICE_JWK_SET_H
#define SLUICE_JWK_SET_H

#include <jansson.h>
#include "jwk.h"

#define JWK_HS256_MIN_SIZE 32 /* RFC 7518, 3.2: no shorter than the hash */
#define JWK_P256_SIZE 32      /* of a coordinate and of a private key */

struct jwk_set_s {
    size_t count;
    jwk_t keys[];
};

/* Overwrites the secrets of a set in JSON before it is given back. */
void jwk_set_wipe(json_t *root);

#endif
