#include "siphash.h"

/* "somepseudorandomlygeneratedbytes", and what sets 128 bits of output apart
   from 64 */
#define INIT_0 UINT64_C(0x736f6d6570736575)
#define INIT_1 UINT64_C(0x646f72616e646f6d)
#define INIT_2 UINT64_C(0x6c7967656e657261)
#define INIT_3 UINT64_C(0x7465646279746573)
#define WIDE_0 0xee
#define WIDE_1 0xdd

#define WORD sizeof(uint64_t)
#define C_ROUNDS 2
#define D_ROUNDS 4

#define ROTATE(x, bits) (((x) << (bits)) | ((x) >> (64 - (bits))))


/* The lowest byte first, `len` of them. */
static uint64_t
read_word(const unsigned char *p, size_t len)
{
    uint64_t word;
    size_t i;

    for (i = 0, word = 0; i < len; i++) {
        word |= (uint64_t) p[i] << (8 * i);
    }

    return word;
}


static void
mix(uint64_t v[4], int rounds)
{
    for (; rounds > 0; rounds--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = ROTATE(v[1], 13) ^ v[0];
        v[3] = ROTATE(v[3], 16) ^ v[2];
        v[0] = ROTATE(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = ROTATE(v[1], 17) ^ v[2];
        v[3] = ROTATE(v[3], 21) ^ v[0];
        v[2] = ROTATE(v[2], 32);
    }
}


static void
take(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    mix(v, C_ROUNDS);
    v[0] ^= word;
}


void
siphash_128(const unsigned char key[SIPHASH_KEY_SIZE], const void *data,
            size_t len, uint64_t hash[2])
{
    const unsigned char *p = data;
    uint64_t v[4], k0, k1;
    size_t left;

    k0 = read_word(key, WORD);
    k1 = read_word(key + WORD, WORD);

    v[0] = k0 ^ INIT_0;
    v[1] = k1 ^ INIT_1 ^ WIDE_0;
    v[2] = k0 ^ INIT_2;
    v[3] = k1 ^ INIT_3;

    for (left = len; left >= WORD; left -= WORD, p += WORD) {
        take(v, read_word(p, WORD));
    }

    /* the last word has the length in its highest byte */
    take(v, read_word(p, left) | (uint64_t) len << 56);

    v[2] ^= WIDE_0;
    mix(v, D_ROUNDS);
    hash[0] = v[0] ^ v[1] ^ v[2] ^ v[3];

    v[1] ^= WIDE_1;
    mix(v, D_ROUNDS);
    hash[1] = v[0] ^ v[1] ^ v[2] ^ v[3];
}
