/*
 * Secrets that the record keeps and cannot read: whoever has the database, or a
 * copy of it, has none of them without the key set.
 *
 *   1:<base64url>:<kid>
 *
 * The bytes are a nonce of 12, the secret as AES-256-GCM enciphers it, and its
 * tag of 16 (NIST SP 800-38D). The key is HKDF-Expand (RFC 5869, 2.3) of the
 * HS256 key of this kid, which is random throughout and so needs no Extract
 * (3.3). Whose the secret is, is authenticated with it: what was copied into
 * another's row opens nothing.
 */

#ifndef SLUICE_SEAL_H
#define SLUICE_SEAL_H

#include <stddef.h>
#include <sys/types.h>
#include "core/jose/base64url.h"
#include "core/jose/jwk.h"

#define SEAL_SECRET_MAX 64 /* bytes of a secret */

#define SEAL_NONCE 12
#define SEAL_TAG 16
#define SEAL_BYTES (SEAL_NONCE + SEAL_SECRET_MAX + SEAL_TAG)
#define SEAL_SIZE (2 + base64url_encoded_size(SEAL_BYTES) + 1 + JWK_KID_MAX + 1)

/* Seals 1 to SEAL_SECRET_MAX bytes for `owner`, an id, with the nth HS256 key
   that signs, and terminates the text. 0; -1 without a key or randomness, for a
   secret of another length, or when OpenSSL failed. Threads: as jwt_sign(). */
int seal_write(const jwk_set_t *keys, unsigned nth, const char *owner,
               const void *secret, size_t len, char text[SEAL_SIZE]);

/* The secret's length, and its bytes, to be wiped; -1 when the set has no key
   of this kid, or it was not sealed so for this owner. */
ssize_t seal_read(const jwk_set_t *keys, const char *text, const char *owner,
                  unsigned char secret[SEAL_SECRET_MAX]);

/* 1 when the nth HS256 key that signs has sealed it; another one may be on its
   way out. */
int seal_is_current(const jwk_set_t *keys, unsigned nth, const char *text);

#endif
