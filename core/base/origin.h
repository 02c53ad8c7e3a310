/* Origins of web pages (RFC 6454): scheme, host and port. */

#ifndef SLUICE_ORIGIN_H
#define SLUICE_ORIGIN_H

#include <stddef.h>

/* 1 when both are the same origin over http or https: case of scheme and host
   and a default port that is written do not count. "null", and whatever is no
   origin, is the same as nothing, not even as itself. Need no terminators. */
int origin_same(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
