#include <string.h>
#include "etag.h"


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
