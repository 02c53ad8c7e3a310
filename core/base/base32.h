/* base32 without padding: RFC 4648, section 6, as people copy it by hand. */

#ifndef SLUICE_BASE32_H
#define SLUICE_BASE32_H

#include <stddef.h>
#include <sys/types.h>

/* Characters that `n` bytes take, without a terminator. */
#define base32_encoded_size(n) (((n) *8 + 4) / 5)

/* Encodes `len` bytes in capitals; `dst` holds base32_encoded_size(len).
   Returns the number of characters written; no terminator. */
size_t base32_encode(char *dst, const void *src, size_t len);

/* Decodes at most `size` bytes of `len` characters, small ones or capitals;
   blanks and hyphens between them are passed over. Returns the number of bytes;
   -1 for any other character, for more than fits, for a length that no bytes
   have, and for stray bits in the last character. */
ssize_t base32_decode(void *dst, size_t size, const char *src, size_t len);

#endif
