/*
 * A sign-in that has come half way: the password was right, and a second factor
 * is to follow. The challenge names the session that this sign-in will begin,
 * and no other, so that the record's own key on sessions lets it begin once.
 *
 *   1 byte   the form, 1
 *   16       the UUID of the session that is to begin
 *   16       the user's
 *   16       the password's print: with another password it is over
 *   8        until when, seconds since 1970, the first byte the highest
 *   1        bits: how the session is to be
 *
 * with a MAC behind it, as text (mac.h). It opens nothing by itself: neither
 * gate nor refresh take it.
 */

#ifndef SLUICE_CHALLENGE_H
#define SLUICE_CHALLENGE_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/uuid.h"
#include "core/jose/jwk.h"

#define CHALLENGE_LEN 120
#define CHALLENGE_SIZE (CHALLENGE_LEN + 1)
#define CHALLENGE_LIFE 300 /* seconds */

#define CHALLENGE_PRINT 16
#define CHALLENGE_PRINT_SIZE (2 * CHALLENGE_PRINT + 1)

typedef struct {
    char session[UUID_TEXT_SIZE]; /* in lower case, terminated */
    char user[UUID_TEXT_SIZE];
    char print[CHALLENGE_PRINT_SIZE]; /* hex in lower case, terminated */
    int64_t expires;
    int remember; /* 1: the session goes on when its browser is closed */
    int cookies;  /* 1: its tokens come in cookies alone */
} challenge_t;

/* Writes it, terminated, with the nth HS256 key that signs; see
   jwk_set_signer(). 0; -1 without a key, when a part has another form, or when
   OpenSSL failed. Threads: as jwt_sign(). */
int challenge_write(const jwk_set_t *keys, unsigned nth,
                    const challenge_t *challenge, char text[CHALLENGE_SIZE]);

/* Reads one that any HS256 key of the set has signed and that has not expired
   at `now`. 0; -1 when it is none: `challenge` is not to be read then. */
int challenge_read(const jwk_set_t *keys, const char *text, size_t len,
                   int64_t now, challenge_t *challenge);

#endif
