/* Origins of web pages (RFC 6454): scheme, host and port. */

#ifndef SLUICE_ORIGIN_H
#define SLUICE_ORIGIN_H

#include <stddef.h>

/* 1 when both are the same origin over http or https: case of scheme and host
   and a default port that is written do not count. "null", and whatever is no
   origin, is the same as nothing, not even as itself. Need no terminators. */
int origin_same(const char *a, size_t a_len, const char *b, size_t b_len);

/* Writes an origin as browsers do (RFC 6454, 6.2): scheme and host in lower
   case, without the scheme's own port. `out` has room for `len` + 1 bytes. Its
   length; 0 when it is none over http or https: "null", a path (a slash at the
   end is one), a user, a host that has other letters than those of names. */
size_t origin_write(const char *text, size_t len, char *out);

#endif
