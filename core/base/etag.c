#include "etag.h"

#include <string.h>


static const char *
etag_skip(const char *p, const char *end, const char *what)
{
    while (p < end && *p != '\0' && strchr(what, *p) != NULL) {
        p++;
    }

    return p;
}


/* etagc = %x21 / %x23-7E / obs-text */
static int
etag_is_inside(char c)
{
    const unsigned char u = (unsigned char) c;

    return u == 0x21 || (u >= 0x23 && u <= 0x7e) || u >= 0x80;
}


int
etag_next(const char **p, const char *end, etag_t *etag)
{
    const char *at = etag_skip(*p, end, ", \t");

    if (at == end) {
        *p = end;
        return 0;
    }

    etag->weak = end - at >= 2 && at[0] == 'W' && at[1] == '/';
    at += etag->weak ? 2 : 0;

    if (at == end || *at != '"') {
        return -1;
    }

    for (etag->tag = ++at; at < end && etag_is_inside(*at); at++) {
    }

    if (at == end || *at != '"') {
        return -1;
    }
    etag->len = (size_t) (at - etag->tag);

    at = etag_skip(at + 1, end, " \t");
    if (at < end && *at != ',') {
        return -1;
    }

    *p = at;
    return 1;
}


/* Eight characters, or those that are left: the same number on all machines. */
static uint64_t
etag_word(const char *text, size_t len)
{
    uint64_t word = 0;

    memcpy(&word, text, len < sizeof(word) ? len : sizeof(word));

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif

    return word;
}


/* Weyl's constant: the golden ratio, of 64 bits */
static uint64_t
etag_hash(const char *text, size_t len)
{
    size_t i;
    uint64_t hash = len;

    for (i = 0; i < len; i += sizeof(hash)) {
        hash = (hash ^ etag_word(text + i, len - i))
               * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }

    return hash;
}


/* In every request for a file: printf() would take longer than all else here.
 */
static char *
etag_hex(char *out, uint64_t number)
{
    int shift = number ? (63 - __builtin_clzll(number)) & ~3 : 0;

    for (/* void */; shift >= 0; shift -= 4) {
        *out++ = "0123456789abcdef"[number >> shift & 15];
    }

    return out;
}


size_t
etag_file(const char *path, size_t len, uint64_t size, char out[ETAG_FILE_MAX])
{
    char *p = out;

    *p++ = '"';
    p = etag_hex(p, etag_hash(path, len) >> 16);
    *p++ = '-';
    p = etag_hex(p, size);
    *p++ = '"';

    return (size_t) (p - out);
}
