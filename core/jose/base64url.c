#include <stdint.h>
#include "base64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789-_";

#define FOREIGN 0x80

/* Values of the characters from '-' (the least of the alphabet) to 'z'. */
static const uint8_t values['z' - '-' + 1] = {
    62,      FOREIGN, FOREIGN, 52,      53, 54,      55,      56,
    57,      58,      59,      60,      61, FOREIGN, FOREIGN, FOREIGN,
    FOREIGN, FOREIGN, FOREIGN, FOREIGN, 0,  1,       2,       3,
    4,       5,       6,       7,       8,  9,       10,      11,
    12,      13,      14,      15,      16, 17,      18,      19,
    20,      21,      22,      23,      24, 25,      FOREIGN, FOREIGN,
    FOREIGN, FOREIGN, 63,      FOREIGN, 26, 27,      28,      29,
    30,      31,      32,      33,      34, 35,      36,      37,
    38,      39,      40,      41,      42, 43,      44,      45,
    46,      47,      48,      49,      50, 51
};


size_t
base64url_encode(char *dst, const void *src, size_t len)
{
    const uint8_t *p = src;
    char *d = dst;

    for (; len >= 3; p += 3, len -= 3) {
        *d++ = alphabet[p[0] >> 2];
        *d++ = alphabet[(p[0] & 3) << 4 | p[1] >> 4];
        *d++ = alphabet[(p[1] & 15) << 2 | p[2] >> 6];
        *d++ = alphabet[p[2] & 63];
    }

    if (len > 0) {
        *d++ = alphabet[p[0] >> 2];

        if (len == 1) {
            *d++ = alphabet[(p[0] & 3) << 4];

        } else {
            *d++ = alphabet[(p[0] & 3) << 4 | p[1] >> 4];
            *d++ = alphabet[(p[1] & 15) << 2];
        }
    }

    return (size_t) (d - dst);
}


static unsigned
value(char c)
{
    unsigned i = (unsigned char) c - (unsigned) '-';

    return (i < sizeof(values)) ? values[i] : FOREIGN;
}


ssize_t
base64url_decode(void *dst, const char *src, size_t len)
{
    uint8_t *d = dst;
    unsigned a, b, c, e;

    for (; len >= 4; src += 4, len -= 4) {
        a = value(src[0]);
        b = value(src[1]);
        c = value(src[2]);
        e = value(src[3]);

        if ((a | b | c | e) & FOREIGN) {
            return -1;
        }

        *d++ = (uint8_t) (a << 2 | b >> 4);
        *d++ = (uint8_t) (b << 4 | c >> 2);
        *d++ = (uint8_t) (c << 6 | e);
    }

    if (len == 0) {
        return d - (uint8_t *) dst;
    }

    if (len == 1) {
        return -1;
    }

    a = value(src[0]);
    b = value(src[1]);
    c = (len == 3) ? value(src[2]) : 0;

    if ((a | b | c) & FOREIGN) {
        return -1;
    }

    *d++ = (uint8_t) (a << 2 | b >> 4);

    if (len == 2) {
        return (b & 15) ? -1 : d - (uint8_t *) dst;
    }

    *d++ = (uint8_t) (b << 4 | c >> 2);

    return (c & 3) ? -1 : d - (uint8_t *) dst;
}
