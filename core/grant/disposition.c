#include <string.h>
#include "disposition.h"

/* attr-char: RFC 8187, 3.2.1. */
static const char attr_chars[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    "!#$&+-.^_`|~";


static char *
put(char *dst, const char *text)
{
    size_t len = strlen(text);

    memcpy(dst, text, len);

    return dst + len;
}


/* A quoted-string cannot say UTF-8, and clients disagree on '\' and '%'. */
static int
is_plain(char c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '%';
}


size_t
disposition_attachment(char *dst, const char *name, size_t len)
{
    static const char hex[] = "0123456789ABCDEF";
    char *p = dst;
    size_t i;
    int plain = 1;

    p = put(p, "attachment; filename=\"");

    for (i = 0; i < len; i++) {
        plain &= is_plain(name[i]);

        /* of a character in UTF-8, one '_' is enough */
        if (is_plain(name[i])) {
            *p++ = name[i];

        } else if (((unsigned char) name[i] & 0xc0) != 0x80) {
            *p++ = '_';
        }
    }

    *p++ = '"';

    if (plain) {
        return (size_t) (p - dst);
    }

    p = put(p, "; filename*=UTF-8''");

    for (i = 0; i < len; i++) {
        if (name[i] != '\0' && strchr(attr_chars, name[i]) != NULL) {
            *p++ = name[i];

        } else {
            *p++ = '%';
            *p++ = hex[(unsigned char) name[i] >> 4];
            *p++ = hex[(unsigned char) name[i] & 0xf];
        }
    }

    return (size_t) (p - dst);
}
