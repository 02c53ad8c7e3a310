#include <stdint.h>
#include <string.h>
#include "core/base/text.h"
#include "words.h"

#define WORDS_PRIVATE_FIRST 0xe000
#define WORDS_PRIVATE_LAST 0xf8ff
#define WORDS_NO_BREAK 0xa0 /* and what is below, as control or blank */
#define WORDS_DELETE 0x7f
#define WORDS_SHARP_S 0xdf /* which follows vowels that are none of ASCII's */


static size_t
words_encode(uint32_t c, char bytes[3])
{
    if (c < 0x80) {
        bytes[0] = (char) c;
        return 1;
    }
    if (c < 0x800) {
        bytes[0] = (char) (0xc0 | c >> 6);
        bytes[1] = (char) (0x80 | (c & 0x3f));
        return 2;
    }

    bytes[0] = (char) (0xe0 | c >> 12);
    bytes[1] = (char) (0x80 | (c >> 6 & 0x3f));
    bytes[2] = (char) (0x80 | (c & 0x3f));
    return 3;
}


/* What a byte is in each of ISO 8859-1, -2, -9 and -15 and windows-1250, -1252
   and -1254; 0: not the same in all of them. */
static uint32_t
words_western(unsigned char byte)
{
    static const unsigned char same[] =
        "\xa0\xa7\xb0\xc1\xc2\xc4\xc7\xc9\xcb\xcd\xce\xd3\xd4\xd6\xda"
        "\xdc\xdf\xe1\xe2\xe4\xe7\xe9\xeb\xed\xee\xf3\xf4\xf6\xfa\xfc";
    static const struct {
        unsigned char byte;
        uint16_t c;
    } marks[] = { { 0x85, 0x2026 }, { 0x91, 0x2018 }, { 0x92, 0x2019 },
                  { 0x93, 0x201c }, { 0x94, 0x201d }, { 0x96, 0x2013 },
                  { 0x97, 0x2014 } };
    size_t i;

    for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (marks[i].byte == byte) {
            return marks[i].c;
        }
    }

    return byte < 0x80 || memchr(same, byte, sizeof(same) - 1) != NULL ? byte
                                                                       : 0;
}


/* A text of one byte a letter in which no other reading makes sense: those
   bytes alone that say the same in all encodings of the west, one by one among
   ASCII's letters, as East Asian and Cyrillic texts have none. */
static int
words_is_western(const char *text, size_t len)
{
    size_t i, letters = 0, high = 0;
    unsigned char c, before = 0;

    for (i = 0; i < len; i++) {
        c = (unsigned char) text[i];
        if (words_western(c) == 0
            || (c >= 0xc0 && before >= 0xc0 && c != WORDS_SHARP_S)) {
            return 0;
        }
        letters += (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        high += c >= 0x80;
        before = c;
    }

    return high * 3 <= letters * 2;
}


/* Without a character at the end that was cut off. */
static size_t
words_whole(const char *text, size_t len)
{
    size_t n, at;
    unsigned char lead;

    for (n = 1; n <= 3 && n <= len; n++) {
        at = len - n;
        lead = (unsigned char) text[at];
        if ((lead & 0xc0) == 0x80) {
            continue;
        }
        if ((lead >= 0xf0 && n < 4) || (lead >= 0xe0 && n < 3)
            || (lead >= 0xc0 && n < 2)) {
            return at;
        }
        break;
    }

    return len;
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
    char wide[3];
    size_t used = 0, n, written;
    uint32_t c;
    const char *bytes;

    if (size == 0) {
        return 0;
    }

    utf8 = text_is_utf8(from, len);
    if (!utf8 && text_is_utf8(from, words_whole(from, len))) {
        len = words_whole(from, len);
        utf8 = 1;
    }
    if (!utf8 && !words_is_western(from, len)) {
        len = 0;
    }

    for (; len > 0; from += n, len -= n) {
        if (utf8) {
            n = text_character(from, len, &c);
            bytes = from;
            written = n;
        } else {
            n = 1;
            c = words_western((unsigned char) *from);
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
