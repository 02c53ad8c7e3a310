/*
 * What an authenticator signs: a challenge of WebAuthn (Level 3, 13.4.3) that
 * says itself what it is for, so that nothing is kept of it until it is
 * answered.
 *
 *   1 byte   the form, 1
 *   1        what for
 *   16       an UUID: whose, or of what
 *   8        since when, milliseconds since 1970, the first byte the highest
 *   16       random
 *
 * with a MAC behind it, as text (mac.h). It is answered once: the record knows
 * by the UUID and the time what has come of it.
 */

#ifndef SLUICE_OFFER_H
#define SLUICE_OFFER_H

#include <stdint.h>
#include "core/account/mac.h"
#include "core/base/uuid.h"

#define OFFER_RANDOM 16
#define OFFER_BYTES (2 + UUID_SIZE + 8 + OFFER_RANDOM)
#define OFFER_LEN MAC_TEXT_LEN(OFFER_BYTES)
#define OFFER_SIZE (OFFER_LEN + 1)
#define OFFER_LIFE 300 /* seconds */

typedef enum {
    OFFER_SIGN_IN = 's', /* `of` is the session that begins with it */
    OFFER_ADD = 'a',     /* the user who gets another passkey */
    OFFER_AGAIN = 'g'    /* the session in which he shows one again */
} offer_for_t;

typedef struct {
    offer_for_t what;
    char of[UUID_TEXT_SIZE]; /* in lower case, terminated */
    int64_t since;           /* milliseconds */
} offer_t;

/* Writes it, terminated: see mac_write(). -1 also when `of` is no UUID, or
   without random bytes. */
int offer_write(const jwk_set_t *keys, unsigned nth, const offer_t *offer,
                char text[OFFER_SIZE]);

/* Reads one for `what` that any HS256 key of the set has signed, and that is
   not older than OFFER_LIFE at `now`, seconds since 1970. 0; -1 when it is
   none: `offer` is not to be read then. */
int offer_read(const jwk_set_t *keys, const char *text, size_t len,
               offer_for_t what, int64_t now, offer_t *offer);

#endif
