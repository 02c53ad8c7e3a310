#define _GNU_SOURCE /* strcasestr */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/text.h"
#include "charset.h"
#include "encoding.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Bytes of a text that are enough to judge it. */
#define ENCODING_SEEN 65536

/* Of a text in the right reading, this part of the foreign letters may stand
   where none stands in real words. */
#define ENCODING_WRONG_MAX 0.02

#define ENCODING_LETTERS 15 /* of which one is a capital, at least */

/* And this part of Latin's may stand beside each other: words of another script
   that are taken for Latin have hardly any others. */
#define ENCODING_BESIDE_MAX 0.4

/* Kinds of letters. */
enum {
    NO_LETTER, /* but a sign or a mark that texts have */
    STRANGE,   /* what no text of words has */
    ASCII_LETTER,
    LATIN,
    GREEK,
    CYRILLIC,
    HEBREW,
    ARABIC,
    THAI,
    KANA,
    HANGUL,
    HAN,
    KINDS
};

/* Readings, and the letters that they are for. Among those of a script the
   first that fits best is taken. */
static const struct {
    const char *name;
    int kind;
    const char *languages; /* that it is written in */
} readings[] = {
    { "windows-1252", LATIN,
      " en fr de es it pt nl sv da nb nn no fi is ca gl eu ga gd cy br oc lb "
      "rm af sq id ms sw " },
    { "windows-1250", LATIN, " pl cs sk hu sl hr bs ro sr " },
    { "iso-8859-2", LATIN, " pl cs sk hu sl hr bs ro sr " },
    { "windows-1254", LATIN, " tr az " },
    { "windows-1257", LATIN, " lt lv et " },
    { "windows-1251", CYRILLIC, " ru uk be bg sr mk kk " },
    { "koi8-r", CYRILLIC, " ru " },
    { "koi8-u", CYRILLIC, " uk ru " },
    { "iso-8859-5", CYRILLIC, " ru bg sr mk be " },
    { "ibm866", CYRILLIC, " ru be " },
    { "windows-1253", GREEK, " el " },
    { "iso-8859-7", GREEK, " el " },
    { "windows-1255", HEBREW, " he yi " },
    { "windows-1256", ARABIC, " ar fa ur " },
    { "windows-874", THAI, " th " },
    { "shift_jis", KANA, " ja " },
    { "euc-jp", KANA, " ja " },
    { "euc-kr", HANGUL, " ko " },
    { "gb18030", HAN, " zh " },
    { "big5", HAN, " zh " },
};

/* What a reading makes of the text. */
typedef struct {
    size_t letters[KINDS];
    size_t foreign; /* letters that are not ASCII's */
    size_t wrong;   /* of these, where none stands in words */
    size_t beside;  /* those of Latin behind another such */
    size_t capitals;
    size_t strange;
} encoding_look_t;


static int
encoding_kind(uint32_t c)
{
    static const struct {
        uint32_t first, last;
        int kind;
    } ranges[] = {
        { 0x00, 0x40, NO_LETTER },     { 'A', 'Z', ASCII_LETTER },
        { 0x5b, 0x60, NO_LETTER },     { 'a', 'z', ASCII_LETTER },
        { 0x7b, 0x7e, NO_LETTER },     { 0x7f, 0x9f, STRANGE },
        { 0xa0, 0xa1, NO_LETTER },     { 0xa2, 0xa6, STRANGE },
        { 0xa7, 0xa7, NO_LETTER },     { 0xa8, 0xa9, STRANGE },
        { 0xaa, 0xab, NO_LETTER },     { 0xac, 0xac, STRANGE },
        { 0xad, 0xad, NO_LETTER },     { 0xae, 0xaf, STRANGE },
        { 0xb0, 0xb0, NO_LETTER },     { 0xb1, 0xb6, STRANGE },
        { 0xb7, 0xb7, NO_LETTER },     { 0xb8, 0xb9, STRANGE },
        { 0xba, 0xbb, NO_LETTER },     { 0xbc, 0xbe, STRANGE },
        { 0xbf, 0xbf, NO_LETTER },     { 0xc0, 0xd6, LATIN },
        { 0xd7, 0xd7, STRANGE },       { 0xd8, 0xf6, LATIN },
        { 0xf7, 0xf7, STRANGE },       { 0xf8, 0x24f, LATIN },
        { 0x370, 0x3ff, GREEK },       { 0x400, 0x52f, CYRILLIC },
        { 0x591, 0x5f4, HEBREW },      { 0x60c, 0x60c, NO_LETTER },
        { 0x61b, 0x61f, NO_LETTER },   { 0x620, 0x6d3, ARABIC },
        { 0xe01, 0xe3a, THAI },        { 0xe3f, 0xe5b, THAI },
        { 0x200b, 0x2026, NO_LETTER }, { 0x2030, 0x203a, STRANGE },
        { 0x20ac, 0x20ac, NO_LETTER }, { 0x2116, 0x2116, NO_LETTER },
        { 0x266a, 0x266b, NO_LETTER }, { 0x3000, 0x303f, NO_LETTER },
        { 0x3041, 0x30fe, KANA },      { 0x3400, 0x9fff, HAN },
        { 0xac00, 0xd7a3, HANGUL },    { 0xff01, 0xff60, NO_LETTER },
    };
    size_t i;

    for (i = 0; i < COUNT(ranges); i++) {
        if (c >= ranges[i].first && c <= ranges[i].last) {
            return ranges[i].kind;
        }
    }

    return STRANGE;
}


/* Of Latin, Greek and Cyrillic as those readings have them. */
static int
encoding_is_capital(uint32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde)
           || (c >= 0x386 && c <= 0x3ab) || (c >= 0x400 && c <= 0x42f);
}


/* Letters of two scripts beside each other, or a capital behind a small letter
   stand in no word. */
static int
encoding_is_wrong(uint32_t before, int was, uint32_t c, int kind)
{
    const int latin_was = was == ASCII_LETTER || was == LATIN;
    const int latin = kind == ASCII_LETTER || kind == LATIN;

    if (was < ASCII_LETTER || kind < ASCII_LETTER || kind >= KANA
        || was >= KANA) {
        return 0;
    }
    if (latin_was != latin) {
        return 1;
    }

    return kind <= CYRILLIC && encoding_is_capital(c)
           && !encoding_is_capital(before)
           && (kind != ASCII_LETTER || was != ASCII_LETTER);
}


static void
encoding_look(encoding_look_t *look, const char *text, size_t len)
{
    int kind, was = NO_LETTER;
    size_t n;
    uint32_t c, before = ' ';

    memset(look, 0, sizeof(*look));

    for (; len > 0; text += n, len -= n, was = kind, before = c) {
        n = text_character(text, len, &c);
        if (n == 0) {
            break;
        }
        kind = encoding_kind(c);
        look->letters[kind]++;
        look->strange += kind == STRANGE;
        look->foreign += kind > ASCII_LETTER;
        look->capitals += kind > ASCII_LETTER && encoding_is_capital(c);
        look->beside += kind == LATIN && was == LATIN;
        look->wrong += (size_t) encoding_is_wrong(before, was, c, kind);
    }
}


/* 0 to 1: how well the text reads so; 0 does not. */
static double
encoding_fits(size_t i, const encoding_look_t *look, size_t high)
{
    const int kind = readings[i].kind;
    const double foreign = (double) look->foreign;
    double own = (double) look->letters[kind];

    if (look->foreign == 0
        || (double) (look->wrong + look->strange)
               > ENCODING_WRONG_MAX * foreign + 0.5) {
        return 0;
    }

    /* East Asian texts mix scripts in their own ways */
    if (kind == KANA) {
        return own >= foreign / 4 && look->letters[HANGUL] == 0 ? 1 : 0;
    }
    if (kind == HANGUL) {
        return own >= foreign * 0.9 ? 1 : 0;
    }
    if (kind == HAN) {
        return own >= foreign * 0.9 ? 0.7 : 0;
    }
    if (own < foreign * 0.95) {
        return 0;
    }

    /* any high byte is a letter of Thai */
    if (kind == THAI) {
        return 0.6;
    }

    /* which Latin it is, letters hardly tell: the language does, or else what
       is usual */
    if (kind == LATIN) {
        return (double) look->beside <= ENCODING_BESIDE_MAX * foreign ? 0.5 : 0;
    }

    /* sentences begin with capitals; Hebrew has none */
    if ((kind == CYRILLIC || kind == GREEK) && look->capitals == 0
        && look->foreign > ENCODING_LETTERS) {
        return 0.6;
    }

    /* small letters are more than capitals, unless it shouts in all readings */
    return (1 - 0.5 * (double) look->capitals / foreign)
           * ((double) look->foreign / (double) high);
}


static int
encoding_is_language(const char *languages, const char *language)
{
    char word[16] = " ";
    size_t n = strcspn(language, "-_");

    if (n == 0 || n > 8) {
        return 0;
    }

    memcpy(word + 1, language, n);
    word[n + 1] = ' ';
    word[n + 2] = '\0';

    return strcasestr(languages, word) != NULL;
}


/* How much of Big5 is in it: pairs whose second byte is ASCII's, which GB2312's
   have none of. */
static int
encoding_is_big5(const unsigned char *text, size_t len)
{
    size_t i, pairs = 0, low = 0;

    for (i = 0; i + 1 < len; i++) {
        if (text[i] >= 0xa1) {
            pairs++;
            low += text[i + 1] < 0x7f;
            i++;
        }
    }

    return low * 5 > pairs;
}


/* What it is in doubt: the language tells, and what is usual. */
static double
encoding_prefers(size_t i, const char *language, const char *text, size_t len)
{
    double more = 0;

    if (encoding_is_language(readings[i].languages, language)) {
        more += 0.3;
    }
    if (readings[i].kind == HAN) {
        more += (strcmp(readings[i].name, "big5") == 0)
                        == encoding_is_big5((const unsigned char *) text, len)
                    ? 0.2
                    : -0.2;
    }

    return more;
}


/* The best reading of one whose every byte is a letter or a part of one. */
static const char *
encoding_best(const char *text, size_t len, size_t high, const char *language)
{
    size_t i, length;
    char *read;
    double fits, best = 0;
    const char *found = NULL;
    encoding_look_t look;

    for (i = 0; i < COUNT(readings); i++) {
        read = encoding_convert(readings[i].name, text, len, &length);
        if (read == NULL) {
            continue;
        }
        encoding_look(&look, read, length);
        free(read);

        fits = encoding_fits(i, &look, high);
        if (fits > 0) {
            fits += encoding_prefers(i, language, text, len);
        }
        if (fits > best + 0.01) {
            best = fits;
            found = readings[i].name;
        }
    }

    return found;
}


/* Without its mark: every other byte of a text of the west is zero. */
static const char *
encoding_wide(const char *text, size_t len)
{
    size_t i, zeros[2] = { 0, 0 };

    for (i = 0; i < len; i++) {
        zeros[i % 2] += text[i] == '\0';
    }

    return zeros[0] + zeros[1] == 0      ? NULL
           : zeros[1] > 2 * zeros[0] + 2 ? "utf-16le"
           : zeros[0] > 2 * zeros[1] + 2 ? "utf-16be"
                                         : "binary";
}


/* The part that is judged ends between two lines. */
static size_t
encoding_seen(const char *text, size_t len)
{
    size_t n;

    if (len <= ENCODING_SEEN) {
        return len;
    }
    for (n = ENCODING_SEEN; n > ENCODING_SEEN / 2; n--) {
        if (text[n - 1] == '\n') {
            return n;
        }
    }

    return ENCODING_SEEN;
}


const char *
encoding_guess(const char *text, size_t len, const char *language)
{
    size_t i, high = 0;
    const char *wide;

    if (len >= 2 && memcmp(text, "\xff\xfe", 2) == 0) {
        return "utf-16le";
    }
    if (len >= 2 && memcmp(text, "\xfe\xff", 2) == 0) {
        return "utf-16be";
    }

    wide = encoding_wide(text, len);
    if (wide != NULL) {
        return strcmp(wide, "binary") == 0 ? NULL : wide;
    }
    if (text_is_utf8(text, len)) {
        return "utf-8";
    }

    len = encoding_seen(text, len);
    for (i = 0; i < len; i++) {
        high += (unsigned char) text[i] >= 0x80;
    }

    return high > 0 ? encoding_best(text, len, high, language) : NULL;
}


/* UTF-16 in the C library's way, of which no byte may be missing. */
static char *
encoding_from_wide(const char *text, size_t len, int low_first, size_t *length)
{
    char *to;
    size_t i, used = 0;
    uint32_t c, pair = 0;
    const unsigned char *b = (const unsigned char *) text;

    to = malloc(len / 2 * 3 + 4);
    if (to == NULL) {
        return NULL;
    }

    for (i = 0; i + 1 < len; i += 2) {
        c = low_first ? (uint32_t) b[i + 1] << 8 | b[i]
                      : (uint32_t) b[i] << 8 | b[i + 1];
        if (c >= 0xd800 && c < 0xdc00) {
            pair = c;
            continue;
        }
        if (c >= 0xdc00 && c < 0xe000) {
            if (pair == 0) {
                free(to);
                return NULL;
            }
            c = 0x10000 + ((pair - 0xd800) << 10) + (c - 0xdc00);
        }
        pair = 0;

        if (c < 0x80) {
            to[used++] = (char) c;
        } else if (c < 0x800) {
            to[used++] = (char) (0xc0 | c >> 6);
            to[used++] = (char) (0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
            to[used++] = (char) (0xe0 | c >> 12);
            to[used++] = (char) (0x80 | (c >> 6 & 0x3f));
            to[used++] = (char) (0x80 | (c & 0x3f));
        } else {
            to[used++] = (char) (0xf0 | c >> 18);
            to[used++] = (char) (0x80 | (c >> 12 & 0x3f));
            to[used++] = (char) (0x80 | (c >> 6 & 0x3f));
            to[used++] = (char) (0x80 | (c & 0x3f));
        }
    }

    to[used] = '\0';
    *length = used;
    return to;
}


char *
encoding_convert(const char *name, const char *text, size_t len, size_t *length)
{
    long n;
    char *to;
    const int low_first = strcmp(name, "utf-16le") == 0;

    if (len > ENCODING_MAX) {
        return NULL;
    }

    if (low_first || strcmp(name, "utf-16be") == 0) {
        to = encoding_from_wide(text, len, low_first, length);
    } else {
        to = malloc(4 * len + 1);
        if (to == NULL) {
            return NULL;
        }
        if (strcmp(name, "utf-8") == 0) {
            memcpy(to, text, len);
            to[len] = '\0';
            n = (long) len;
        } else {
            n = charset_convert(name, to, 4 * len + 1, text, len);
        }
        if (n < 0) {
            free(to);
            return NULL;
        }
        *length = (size_t) n;
    }

    if (to != NULL && *length >= 3 && memcmp(to, "\xef\xbb\xbf", 3) == 0) {
        *length -= 3;
        memmove(to, to + 3, *length + 1);
    }

    return to;
}
