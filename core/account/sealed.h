/*
 * Short texts that we alone can have written: some bytes and their HMAC-SHA256
 * in base64url. The keys are the HS256 keys that sign grants; each purpose has
 * a label, so that no text serves for another one. What is signed as a token
 * starts with a base64url character (RFC 7515, 5.1): a label starts with a
 * blank. What is none of ours is known without the record.
 */

#ifndef SLUICE_SEALED_H
#define SLUICE_SEALED_H

#include <stddef.h>
#include "core/jose/base64url.h"
#include "core/jose/jwk.h"

#define SEALED_MAC 32
#define SEALED_BYTES_MAX 64 /* that are sealed at most */

/* Characters of `n` sealed bytes, without a terminator. */
#define SEALED_LEN(n) base64url_encoded_size((n) + SEALED_MAC)

/* Writes SEALED_LEN(len) characters and a terminator, with the nth HS256 key
   that signs: see jwk_set_signer(). 0; -1 without a key, or when OpenSSL
   failed. Threads: as jwt_sign(). */
int sealed_write(const jwk_set_t *keys, unsigned nth, const char *label,
                 const unsigned char *bytes, size_t len, char *text);

/* Reads `len` bytes out of a text that any HS256 key of the set has sealed
   under this label. 0; -1 when none has: of `bytes` nothing is to be read
   then. */
int sealed_read(const jwk_set_t *keys, const char *label, const char *text,
                size_t text_len, unsigned char *bytes, size_t len);

#endif
