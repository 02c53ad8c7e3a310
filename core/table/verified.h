/*
 * Tokens whose signature some process has seen to be good, by the SHA-256
 * digest of the token and its key: the second use of an access token costs no
 * asymmetric verification, whichever process it comes to. A table in flat
 * memory, without pointers inside; the caller holds a lock around each call.
 * Only verified tokens are put in. Times are seconds since 1970.
 */

#ifndef SLUICE_VERIFIED_H
#define SLUICE_VERIFIED_H

#include <stddef.h>
#include <stdint.h>

#define VERIFIED_DIGEST_SIZE 32

typedef struct verified_s verified_t;

/* Makes an empty table of memory on an 8-byte boundary. Returns how many it has
   room for, 0 when `size` is too small. */
size_t verified_init(void *mem, size_t size);

/* 1 when the memory has a table that this code can read. */
int verified_valid(const void *mem);

/* 1 when this digest was put in and has not expired. */
int verified_find(const verified_t *table,
                  const unsigned char digest[VERIFIED_DIGEST_SIZE],
                  int64_t now);

/* Remembers a digest until `exp`. In a full set what has expired makes room,
   else what was put in first. */
void verified_put(verified_t *table,
                  const unsigned char digest[VERIFIED_DIGEST_SIZE], int64_t exp,
                  int64_t now);

#endif
