/* base64url without padding: RFC 4648, section 5, as RFC 7515 uses it. */

#ifndef SLUICE_BASE64URL_H
#define SLUICE_BASE64URL_H

#include <stddef.h>
#include <sys/types.h>

/* Bytes that `n` bytes take when encoded, without a terminator. */
#define base64url_encoded_size(n) (((n) *4 + 2) / 3)

/* Bytes that `n` characters can decode to at most. */
#define base64url_decoded_size(n) (((n) *3) / 4)

/* Encodes `len` bytes; `dst` holds base64url_encoded_size(len). Returns the
   number of characters written; no terminator. */
size_t base64url_encode(char *dst, const void *src, size_t len);

/* Decodes `len` characters; `dst` holds base64url_decoded_size(len). Strict:
   padding, foreign characters, a length of 4n+1 and stray bits in the last
   character are refused. Returns the number of bytes, or -1. */
ssize_t base64url_decode(void *dst, const char *src, size_t len);

#endif
