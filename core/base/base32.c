#include <stdint.h>
#include "base32.h"

#define BITS 5 /* of a character */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";


size_t
base32_encode(char *dst, const void *src, size_t len)
{
    const unsigned char *p = src;
    uint32_t word = 0;
    size_t n = 0;
    int bits = 0;

    while (len-- > 0) {
        word = word << 8 | *p++;

        for (bits += 8; bits >= BITS; bits -= BITS) {
            dst[n++] = alphabet[word >> (bits - BITS) & 31];
        }
    }

    if (bits > 0) {
        dst[n++] = alphabet[word << (BITS - bits) & 31];
    }

    return n;
}


static int
value_of(char c)
{
    return (c >= 'A' && c <= 'Z')   ? c - 'A'
           : (c >= 'a' && c <= 'z') ? c - 'a'
           : (c >= '2' && c <= '7') ? c - '2' + 26
                                    : -1;
}


ssize_t
base32_decode(void *dst, size_t size, const char *src, size_t len)
{
    unsigned char *p = dst;
    uint32_t word = 0;
    size_t i, n = 0;
    int bits = 0, value;

    for (i = 0; i < len; i++) {
        if (src[i] == ' ' || src[i] == '-') {
            continue;
        }

        value = value_of(src[i]);
        if (value == -1) {
            return -1;
        }

        word = word << BITS | (uint32_t) value;
        bits += BITS;

        if (bits >= 8) {
            if (n == size) {
                return -1;
            }

            bits -= 8;
            p[n++] = (unsigned char) (word >> bits);
            word &= (1U << bits) - 1;
        }
    }

    /* a character that began no byte, or bits behind the last one */

    return (bits < BITS && word == 0) ? (ssize_t) n : -1;
}
