/*
 * Refresh tokens that are used once: each names its session and how often the
 * session was refreshed before. The record keeps that count alone, so a token
 * that was used shows itself, whenever it comes, and a session takes the same
 * space however long it lives (RFC 9700, 4.14.2).
 *
 *   1 byte   the form, 1
 *   16       the session's UUID
 *   4        the count, the first byte the highest
 *
 * with a MAC behind it, as text: core/account/mac.h.
 */

#ifndef SLUICE_REFRESH_H
#define SLUICE_REFRESH_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/uuid.h"
#include "core/jose/jwk.h"

#define REFRESH_LEN 71
#define REFRESH_SIZE (REFRESH_LEN + 1)

typedef struct {
    char session[UUID_TEXT_SIZE]; /* in lower case, terminated */
    uint32_t count;
} refresh_t;

/* Writes the token, terminated, with the nth HS256 key that signs; see
   jwk_set_signer(). 0; -1 without a key, when the session is no UUID, or when
   OpenSSL failed. Threads: as jwt_sign(). */
int refresh_write(const jwk_set_t *keys, unsigned nth, const refresh_t *refresh,
                  char token[REFRESH_SIZE]);

/* Reads a token that any HS256 key of the set has signed. 0; -1 when none has,
   then nothing is written. */
int refresh_read(const jwk_set_t *keys, const char *token, size_t len,
                 refresh_t *refresh);

#endif
