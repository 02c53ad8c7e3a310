/*
 * What a team's own backend signs in with. A key says itself what it opens, so
 * that the gate asks nobody, and is signed as access tokens are: with a private
 * half that never leaves nginx, while secrets of grants may be known to whom
 * we let sign links. It ends when it expires, when its id is revoked as a
 * session's is, and with the key that has signed it.
 *
 *   "sluice_key_"
 *   80 characters    60 bytes:
 *                      1   the form, 1
 *                      6   of the thumbprint of the key that signs (RFC 7638)
 *                      16  the key's UUID
 *                      16  the service account's: a user of the record
 *                      1   its role, as access.h counts them
 *                      4   scopes, the first byte the highest
 *                      8   issued, seconds since 1970, likewise
 *                      8   until when
 *   86               the signature over a label and these bytes (RFC 7518, 3.4;
 *                    RFC 8037)
 *   6                CRC-32 (ISO-HDLC) of the characters in front, in digits of
 *                    0-9, A-Z, a-z
 *
 * all but the last in base64url. Whoever finds such a text, in a repository or
 * where else, knows by prefix, length and sum that it was a key.
 */

#ifndef SLUICE_SERVICE_KEY_H
#define SLUICE_SERVICE_KEY_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/uuid.h"
#include "core/jose/jwk.h"
#include "access.h"

#define SERVICE_KEY_PREFIX "sluice_key_"
#define SERVICE_KEY_PREFIX_LEN (sizeof(SERVICE_KEY_PREFIX) - 1)
#define SERVICE_KEY_SIGNATURE (SERVICE_KEY_PREFIX_LEN + 80) /* begins here */
#define SERVICE_KEY_SUM (SERVICE_KEY_SIGNATURE + 86)        /* and the sum */
#define SERVICE_KEY_LEN (SERVICE_KEY_SUM + 6)
#define SERVICE_KEY_SIZE (SERVICE_KEY_LEN + 1)

typedef struct {
    char id[UUID_TEXT_SIZE];   /* in lower case, terminated */
    char user[UUID_TEXT_SIZE]; /* likewise */
    role_t role;
    uint32_t scopes; /* SCOPE_*: scope.h */
    int64_t issued, expires;
} service_key_t;

/* 1 when it has prefix, length and sum of a key: it was one, whoever made it,
   and is whole. */
int service_key_whole(const char *text, size_t len);

/* Writes one, terminated, with the nth key that signs access tokens, which goes
   into `signer`; see jwk_set_signer(). 0; -1 without such a key, when an id has
   another form, or when OpenSSL failed. */
int service_key_write(const jwk_set_t *keys, unsigned nth,
                      const service_key_t *key, char text[SERVICE_KEY_SIZE],
                      const jwk_t **signer);

/* Reads one that a key of the set has signed. 0, whether it has expired or not;
   -1 when it is none, or of no role: `key` is not to be read then. */
int service_key_read(const jwk_set_t *keys, const char *text, size_t len,
                     service_key_t *key);

#endif
