#include <stdint.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include "cidr.h"

#define V4_BITS 32
#define V6_BITS 128
#define MAPPED_BITS (V6_BITS - V4_BITS)
#define MAPPED_SIZE (MAPPED_BITS / 8)

static const unsigned char mapped[MAPPED_SIZE] = { 0, 0, 0, 0, 0,    0,
                                                   0, 0, 0, 0, 0xff, 0xff };


static int
is_v4(const unsigned char address[CIDR_SIZE])
{
    return memcmp(address, mapped, MAPPED_SIZE) == 0;
}


static void
map_v4(const void *v4, unsigned char address[CIDR_SIZE])
{
    memcpy(address, mapped, MAPPED_SIZE);
    memcpy(address + MAPPED_SIZE, v4, CIDR_SIZE - MAPPED_SIZE);
}


/* Decimal digits without sign and leading zero; -1 for all else. */
static int
read_bits(const char *text, size_t len, int max)
{
    int bits = 0;
    size_t i;

    if (len == 0 || len > sizeof("128") - 1 || (len > 1 && text[0] == '0')) {
        return -1;
    }

    for (i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }

        bits = 10 * bits + (text[i] - '0');
    }

    return (bits <= max) ? bits : -1;
}


static void
drop_host_bits(cidr_t *cidr)
{
    size_t i = cidr->bits / 8;

    if (cidr->bits % 8 != 0) {
        cidr->address[i++] &= (unsigned char) (0xff00 >> cidr->bits % 8);
    }

    memset(cidr->address + i, 0, CIDR_SIZE - i);
}


int
cidr_parse(const char *text, size_t len, cidr_t *cidr)
{
    char name[INET6_ADDRSTRLEN];
    const char *slash;
    struct in_addr v4;
    size_t name_len;
    int bits, max;

    slash = (len > 0) ? memchr(text, '/', len) : NULL;
    name_len = slash ? (size_t) (slash - text) : len;

    if (name_len == 0 || name_len >= sizeof(name)
        || memchr(text, '\0', name_len) != NULL) {
        return -1;
    }

    memcpy(name, text, name_len);
    name[name_len] = '\0';

    if (inet_pton(AF_INET, name, &v4) == 1) {
        map_v4(&v4, cidr->address);
        max = V4_BITS;

    } else if (inet_pton(AF_INET6, name, cidr->address) == 1) {
        max = V6_BITS;

    } else {
        return -1;
    }

    bits = slash ? read_bits(slash + 1, len - name_len - 1, max) : max;
    if (bits == -1) {
        return -1;
    }

    cidr->bits = (unsigned char) (bits + V6_BITS - max);
    drop_host_bits(cidr);

    return 0;
}


int
cidr_address(const struct sockaddr *sa, unsigned char address[CIDR_SIZE])
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    switch (sa->sa_family) {
    case AF_INET:
        memcpy(&v4, sa, sizeof(v4));
        map_v4(&v4.sin_addr, address);
        return 0;

    case AF_INET6:
        memcpy(&v6, sa, sizeof(v6));
        memcpy(address, &v6.sin6_addr, CIDR_SIZE);
        return 0;

    default:
        return -1;
    }
}


int
cidr_match(const cidr_t *cidr, const unsigned char address[CIDR_SIZE])
{
    size_t whole = cidr->bits / 8;
    unsigned rest = cidr->bits % 8;

    if (cidr->bits < MAPPED_BITS && is_v4(address)) {
        return 0;
    }

    if (memcmp(cidr->address, address, whole) != 0) {
        return 0;
    }

    return rest == 0
           || ((cidr->address[whole] ^ address[whole]) & (0xff00 >> rest)
               & 0xff)
                  == 0;
}
