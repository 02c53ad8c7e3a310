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


/* FNV-1a, of 64 bits */
static uint64_t
etag_hash(const char *text, size_t len)
{
    size_t i;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char) text[i]) * UINT64_C(0x100000001b3);
    }

    return hash;
}


/* In every request for a file: printf() would take longer than all else here.
 */
static char *
etag_hex(char *out, uint64_t number)
{
    int shift = 60;

    while (shift > 0 && number >> shift == 0) {
        shift -= 4;
    }

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
    p = etag_hex(p, etag_hash(path, len));
    *p++ = '-';
    p = etag_hex(p, size);
    *p++ = '"';

    return (size_t) (p - out);
}
