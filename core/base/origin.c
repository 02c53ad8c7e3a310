#include "origin.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>


#define ORIGIN_PORT_MAX 65535


typedef struct {
    const char *host;
    size_t host_len;
    unsigned port;
    int secure;
} origin_t;


/* The digits behind a colon; 0 when they are no port. */

static unsigned
origin_port(const char *text, size_t len)
{
    size_t i;
    unsigned port;

    for (port = 0, i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }

        port = port * 10 + (unsigned) (text[i] - '0');

        if (port > ORIGIN_PORT_MAX) {
            return 0;
        }
    }

    return port;
}


static int
origin_read(const char *text, size_t len, origin_t *origin)
{
    size_t i, scheme;
    const char *colon;

    scheme = len > 8 && strncasecmp(text, "https://", 8) == 0  ? 8
             : len > 7 && strncasecmp(text, "http://", 7) == 0 ? 7
                                                               : 0;
    if (scheme == 0) {
        return 0;
    }

    origin->secure = scheme == 8;
    origin->port = origin->secure ? 443 : 80;
    origin->host = text + scheme;
    origin->host_len = len - scheme;

    for (colon = NULL, i = 0; i < origin->host_len; i++) {
        switch (origin->host[i]) {
        case '/':
        case '@':
        case '?':
        case '#':
            return 0;
        case ':':
            colon = origin->host + i;
            break;
        case ']': /* of an IPv6 address, whose colons are its own */
            colon = NULL;
            break;
        default:
            break;
        }
    }

    if (colon) {
        origin->port = origin_port(colon + 1,
                                   (size_t) (text + len - colon - 1));
        origin->host_len = (size_t) (colon - origin->host);
    }

    return origin->port != 0 && origin->host_len != 0;
}


/* A name's letters, or an address in brackets. */
static int
origin_is_host(const char *host, size_t len)
{
    size_t i;
    const char *letters = "abcdefghijklmnopqrstuvwxyz"
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
        letters = "abcdefABCDEF0123456789:.";
        host++;
        len -= 2;
    }

    for (i = 0; i < len; i++) {
        if (host[i] == '\0' || strchr(letters, host[i]) == NULL) {
            return 0;
        }
    }

    return len != 0;
}


size_t
origin_write(const char *text, size_t len, char *out)
{
    size_t i;
    origin_t origin;
    char *p = out;

    if (!origin_read(text, len, &origin)
        || !origin_is_host(origin.host, origin.host_len)) {
        return 0;
    }

    p = stpcpy(p, origin.secure ? "https://" : "http://");

    for (i = 0; i < origin.host_len; i++) {
        *p++ = (char) tolower((unsigned char) origin.host[i]);
    }

    if (origin.port != (origin.secure ? 443 : 80)) {
        p += sprintf(p, ":%u", origin.port);
    }

    return (size_t) (p - out);
}


int
origin_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
    origin_t one, other;

    return origin_read(a, a_len, &one) && origin_read(b, b_len, &other)
           && one.secure == other.secure && one.port == other.port
           && one.host_len == other.host_len
           && strncasecmp(one.host, other.host, one.host_len) == 0;
}
