/*
 * SHA-256 (FIPS 180-4) whose running state can be put down and taken up again
 * by another process. OpenSSL computes it, with the processor's instructions,
 * by the interface whose state is plain data: an EVP_MD_CTX cannot be looked
 * into. What is put down is our own form, not OpenSSL's structure, so that a
 * file outlives an upgrade and moves between machines.
 */

#ifndef SLUICE_SHA256_H
#define SLUICE_SHA256_H

#define OPENSSL_SUPPRESS_DEPRECATED /* for this interface alone */

#include <stddef.h>
#include <stdint.h>
#include <openssl/sha.h>

#define SHA256_SIZE 32                        /* bytes of a digest */
#define SHA256_HEX_SIZE (2 * SHA256_SIZE + 1) /* the same as text */

/* magic and version, flags, CRC-32 of all the rest, bytes hashed, 8 words, the
   begun block; numbers are big-endian */
#define SHA256_STATE_SIZE 120

typedef struct {
    SHA256_CTX ctx;
    uint64_t bytes; /* hashed so far */
} sha256_t;

/* Begins anew. */
void sha256_init(sha256_t *sha);

void sha256_update(sha256_t *sha, const void *bytes, size_t len);

/* The digest of what was hashed; `sha` stays as it is. */
void sha256_digest(const sha256_t *sha, unsigned char digest[SHA256_SIZE]);

/* A digest in lower-case hex, terminated. */
void sha256_hex(const unsigned char digest[SHA256_SIZE],
                char hex[SHA256_HEX_SIZE]);

/* Writes the state; `flags` are the caller's and come back with it. */
void sha256_save(const sha256_t *sha, uint32_t flags,
                 unsigned char state[SHA256_STATE_SIZE]);

/* Takes up a state. 0; -1 when it is none, of another version, or damaged:
   `sha` is as it was then. */
int sha256_load(sha256_t *sha, uint32_t *flags, const unsigned char *state,
                size_t len);

#endif
