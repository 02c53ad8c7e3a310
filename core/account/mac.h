/*
 * HMAC-SHA256 with the keys that sign grants, for what is neither a grant nor
 * any other JWS: each use has a label of its own. What is signed as a token
 * starts with a base64url character (RFC 7515, 5.1), a label with a blank, and
 * none is the beginning of another with what follows it.
 *
 * A text is some bytes with their MAC behind them, in base64url: what is none
 * of ours is known without the record.
 */

#ifndef SLUICE_MAC_H
#define SLUICE_MAC_H

#include <stddef.h>
#include "core/jose/base64url.h"
#include "core/jose/jwk.h"

#define MAC_SIZE 32
#define MAC_BYTES_MAX 64 /* of a text, at most, without the MAC */

/* Characters of the text of `n` bytes, without a terminator. */
#define MAC_TEXT_LEN(n) base64url_encoded_size((n) + MAC_SIZE)

/* Over the label and the bytes behind it. 0; -1 when the key is no HS256 key,
   or OpenSSL failed. Threads: as jwt_sign(). */
int mac_make(const jwk_t *key, const char *label, const void *bytes, size_t len,
             unsigned char mac[MAC_SIZE]);

/* Writes the text, MAC_TEXT_LEN(len) characters and a terminator, with the nth
   HS256 key that signs: see jwk_set_signer(). 0; -1 without a key, or when
   OpenSSL failed. */
int mac_write(const jwk_set_t *keys, unsigned nth, const char *label,
              const unsigned char *bytes, size_t len, char *text);

/* Reads `len` bytes out of a text that any HS256 key of the set has made under
   this label; compared in constant time. 0; -1 when none has: of `bytes`
   nothing is to be read then. */
int mac_read(const jwk_set_t *keys, const char *label, const char *text,
             size_t text_len, unsigned char *bytes, size_t len);

#endif
