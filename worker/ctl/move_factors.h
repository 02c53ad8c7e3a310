/* Second factors of users who move, in the form that others have them in, and
   sealed as the record has them (core/account/seal.h). */

#ifndef SLUICE_MOVE_FACTORS_H
#define SLUICE_MOVE_FACTORS_H

#include <jansson.h>
#include "core/jose/jwk.h"

/* A key set from a file, or from standard input where `path` is NULL. NULL
   after saying why not; a set to jwk_set_free() otherwise. */
jwk_set_t *move_factors_keys(const char *path);

/* What is wrong with the `totp` and `recovery_codes` of a user who has an id of
   his own if `has_id`, or NULL. Without keys he may have neither. What is
   sealed of `totp` is in `sealed` then. */
const char *move_factors_seal(json_t *user, int has_id, const jwk_set_t *keys);

/* What is sealed of a user that the record tells of becomes his `totp`. 0, or
   -1 when it cannot be read: then he has none. */
int move_factors_open(json_t *user, const jwk_set_t *keys);

#endif
