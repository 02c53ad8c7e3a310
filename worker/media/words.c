#include <stdint.h>
#include <string.h>
#include "core/base/text.h"
#include "words.h"

#define WORDS_PRIVATE_FIRST 0xe000
#define WORDS_PRIVATE_LAST 0xf8ff
#define WORDS_NO_BREAK 0xa0 /* and what is below, as control or blank */
#define WORDS_DELETE 0x7f


static size_t
words_encode(uint32_t c, char bytes[2])
{
    if (c < 0x80) {
        bytes[0] = (char) c;
        return 1;
    }

    bytes[0] = (char) (0xc0 | c >> 6);
    bytes[1] = (char) (0x80 | (c & 0x3f));
    return 2;
}


static int
words_is_blank(uint32_t c)
{
    return c <= ' ' || (c >= WORDS_DELETE && c <= WORDS_NO_BREAK)
           || (c >= WORDS_PRIVATE_FIRST && c <= WORDS_PRIVATE_LAST);
}


size_t
words_clean(char *to, size_t size, const char *from, size_t len)
{
    int utf8, blank = 0;
    char wide[2];
    size_t used = 0, n, written;
    uint32_t c;
    const char *bytes;

    if (size == 0) {
        return 0;
    }

    utf8 = text_is_utf8(from, len);

    for (; len > 0; from += n, len -= n) {
        if (utf8) {
            n = text_character(from, len, &c);
            bytes = from;
            written = n;
        } else {
            n = 1;
            c = (unsigned char) *from;
            bytes = wide;
            written = words_encode(c, wide);
        }

        if (words_is_blank(c)) {
            blank = used > 0;
            continue;
        }

        if (used + (size_t) blank + written >= size) {
            break;
        }
        if (blank) {
            to[used++] = ' ';
            blank = 0;
        }
        memmove(to + used, bytes, written);
        used += written;
    }

    to[used] = '\0';
    return used;
}


size_t
words_copy(char *to, size_t size, const char *from)
{
    return words_clean(to, size, from, strlen(from));
}
