/*
 * The jti of links that are minted here. It tells by itself who minted it and
 * when the link is over, so that a link can be revoked by its owner though
 * nobody keeps a list of links:
 *
 *   4 bytes   minutes since 1970 at which the link is over, rounded up
 *   6         random, or derived from the request that asked
 *   8         HMAC-SHA256 of the above and the owner, cut off
 *   3         HMAC-SHA256 of all of the above, cut off
 *
 * as base64url. The keys are the HS256 keys that sign grants, under labels of
 * their own: no token's text starts like them.
 */

#ifndef SLUICE_LINK_ID_H
#define SLUICE_LINK_ID_H

#include <stddef.h>
#include <stdint.h>
#include "core/jose/jwk.h"

#define LINK_ID_LEN 28
#define LINK_ID_SIZE (LINK_ID_LEN + 1)

/* Writes a new id, terminated, with the set's first HS256 key. `owner` is the
   minting user's UUID as text, `exp` in seconds since 1970. 0; -1 without a
   key, when the random source failed, or when `exp` is out of range (years 1970
   to 10136). Threads: as jwt_sign(). */
int link_id_make(const jwk_set_t *keys, const char *owner, int64_t exp,
                 char id[LINK_ID_SIZE]);

/* The same id each time, while the set's first HS256 key is the same: the
   `number`th of what `seed` stands for. */
int link_id_derive(const jwk_set_t *keys, const char *owner, int64_t exp,
                   const char *seed, uint32_t number, char id[LINK_ID_SIZE]);

/* 1 when the id was made for this owner with any HS256 key of the set. */
int link_id_owner(const jwk_set_t *keys, const char *id, size_t len,
                  const char *owner);

/* Seconds since 1970 at which the link with this id is over, at most a minute
   late; -1 when the id was not made with any HS256 key of the set. */
int64_t link_id_exp(const jwk_set_t *keys, const char *id, size_t len);

#endif
