/*
 * SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, "SipHash: a fast
 * short-input PRF", 2012, and its reference implementation): for tables whose
 * keys strangers choose. Two texts collide by chance alone, unless the key is
 * known.
 */

#ifndef SLUICE_SIPHASH_H
#define SLUICE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_SIZE 16

/* Any `data` of `len` bytes; the reference implementation's 16 bytes are
   hash[0] and then hash[1], each with its lowest byte first. */
void siphash_128(const unsigned char key[SIPHASH_KEY_SIZE], const void *data,
                 size_t len, uint64_t hash[2]);

#endif
