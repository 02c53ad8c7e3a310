#include <string.h>
#include "text.h"

#define DELETE 0x7f
#define C1_END 0x9f

#define SURROGATES 0xd800
#define SURROGATES_END 0xdfff
#define UNICODE_END 0x10ffff


size_t
text_character(const char *text, size_t len, uint32_t *character)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *p = (const unsigned char *) text;
    size_t i, size;
    uint32_t c = p[0];

    size = (c < 0x80)   ? 1
           : (c < 0xc0) ? 0
           : (c < 0xe0) ? 2
           : (c < 0xf0) ? 3
                        : 4;

    if (size == 0 || size > len || c > 0xf7) {
        return 0;
    }

    if (size > 1) {
        c &= 0x7fu >> size;
    }

    for (i = 1; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        c = c << 6 | (p[i] & 0x3f);
    }

    if (c < least[size] || c > UNICODE_END
        || (c >= SURROGATES && c <= SURROGATES_END)) {
        return 0;
    }

    *character = c;

    return size;
}


int
text_is_utf8(const char *text, size_t len)
{
    uint32_t c;
    size_t size;

    for (/* void */; len > 0; text += size, len -= size) {
        size = text_character(text, len, &c);

        if (size == 0) {
            return 0;
        }
    }

    return 1;
}


int
text_is_clean(const char *text, size_t len)
{
    uint32_t c;
    size_t size;

    for (/* void */; len > 0; text += size, len -= size) {
        size = text_character(text, len, &c);

        if (size == 0 || c < ' ' || (c >= DELETE && c <= C1_END)) {
            return 0;
        }
    }

    return 1;
}


int
text_is_plain(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '"'
            || text[i] == '\\') {
            return 0;
        }
    }

    return 1;
}


int
text_copy(char *to, size_t size, const char *from, size_t len)
{
    if (len == 0 || len >= size) {
        return -1;
    }

    memcpy(to, from, len);
    to[len] = '\0';
    return 0;
}
