#include "sha256.h"
#include <stdio.h>
#include <string.h>
#include "crc32.h"

#define SHA256_MAGIC "SLUSHA\0\1" /* the last byte is the version */
#define SHA256_MAGIC_SIZE 8
#define SHA256_AT_FLAGS 8
#define SHA256_AT_CRC 12
#define SHA256_AT_BYTES 16
#define SHA256_AT_WORDS 24
#define SHA256_AT_BLOCK 56


static void put32(unsigned char *p, uint32_t n);
static uint32_t get32(const unsigned char *p);
static uint32_t sha256_state_crc(const unsigned char *state);


void
sha256_init(sha256_t *sha)
{
    SHA256_Init(&sha->ctx);
    sha->bytes = 0;
}


void
sha256_update(sha256_t *sha, const void *bytes, size_t len)
{
    SHA256_Update(&sha->ctx, bytes, len);
    sha->bytes += len;
}


void
sha256_digest(const sha256_t *sha, unsigned char digest[SHA256_SIZE])
{
    SHA256_CTX ctx = sha->ctx;

    SHA256_Final(digest, &ctx);
}


void
sha256_hex(const unsigned char digest[SHA256_SIZE], char hex[SHA256_HEX_SIZE])
{
    size_t i;

    for (i = 0; i < SHA256_SIZE; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
}


void
sha256_save(const sha256_t *sha, uint32_t flags,
            unsigned char state[SHA256_STATE_SIZE])
{
    unsigned i;

    memset(state, 0, SHA256_STATE_SIZE);
    memcpy(state, SHA256_MAGIC, SHA256_MAGIC_SIZE);
    put32(state + SHA256_AT_FLAGS, flags);
    put32(state + SHA256_AT_BYTES, (uint32_t) (sha->bytes >> 32));
    put32(state + SHA256_AT_BYTES + 4, (uint32_t) sha->bytes);

    for (i = 0; i < 8; i++) {
        put32(state + SHA256_AT_WORDS + 4 * i, sha->ctx.h[i]);
    }

    memcpy(state + SHA256_AT_BLOCK, sha->ctx.data, sha->bytes % SHA256_CBLOCK);
    put32(state + SHA256_AT_CRC, sha256_state_crc(state));
}


int
sha256_load(sha256_t *sha, uint32_t *flags, const unsigned char *state,
            size_t len)
{
    unsigned i;

    if (len != SHA256_STATE_SIZE
        || memcmp(state, SHA256_MAGIC, SHA256_MAGIC_SIZE) != 0
        || get32(state + SHA256_AT_CRC) != sha256_state_crc(state)) {
        return -1;
    }

    sha256_init(sha);
    sha->bytes = (uint64_t) get32(state + SHA256_AT_BYTES) << 32
                 | get32(state + SHA256_AT_BYTES + 4);

    for (i = 0; i < 8; i++) {
        sha->ctx.h[i] = get32(state + SHA256_AT_WORDS + 4 * i);
    }

    /* the structure counts bits, in two words */
    sha->ctx.Nl = (SHA_LONG) (sha->bytes << 3);
    sha->ctx.Nh = (SHA_LONG) (sha->bytes >> 29);
    sha->ctx.num = (unsigned) (sha->bytes % SHA256_CBLOCK);
    memcpy(sha->ctx.data, state + SHA256_AT_BLOCK, sha->ctx.num);

    *flags = get32(state + SHA256_AT_FLAGS);
    return 0;
}


/* All but the CRC's own place. */

static uint32_t
sha256_state_crc(const unsigned char *state)
{
    uint32_t crc;

    crc = crc32_update(0, state, SHA256_AT_CRC);
    return crc32_update(crc, state + SHA256_AT_BYTES,
                        SHA256_STATE_SIZE - SHA256_AT_BYTES);
}


static void
put32(unsigned char *p, uint32_t n)
{
    p[0] = (unsigned char) (n >> 24);
    p[1] = (unsigned char) (n >> 16);
    p[2] = (unsigned char) (n >> 8);
    p[3] = (unsigned char) n;
}


static uint32_t
get32(const unsigned char *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8
           | p[3];
}
