#define _GNU_SOURCE /* memmem */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include "worker/media/charset.h"
#include "musicxml_decode.h"

#define MUSICXML_DECODE_CHUNK 16384
#define MUSICXML_DECODE_COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char musicxml_decode_blanks[] = " \t\r\n";


void
musicxml_decode_init(musicxml_decode_t *decode, musicxml_decode_sink_t sink,
                     void *data)
{
    memset(decode, 0, sizeof(*decode));
    decode->sink = sink;
    decode->data = data;
}


void
musicxml_decode_free(musicxml_decode_t *decode)
{
    if (decode->converts) {
        iconv_close(decode->way);
        decode->converts = 0;
    }
}


/* <?xml version="1.0" encoding="…"?> */
static void
musicxml_decode_name(musicxml_decode_t *decode, const char *text, size_t len)
{
    char quote;
    size_t n;
    const char *end, *p;

    end = memmem(text, len, "?>", 2);
    if (len < 5 || memcmp(text, "<?xml", 5) != 0 || end == NULL) {
        return;
    }

    p = memmem(text, (size_t) (end - text), "encoding", 8);
    if (p == NULL) {
        return;
    }

    p += 8;
    while (p < end
           && (*p == '=' || strchr(musicxml_decode_blanks, *p) != NULL)) {
        p++;
    }
    quote = *p++;
    for (n = 0; p + n < end && p[n] != quote; n++) {
        if (n == sizeof(decode->name) - 1 || p[n] <= ' ' || p[n] > '~') {
            return;
        }
        decode->name[n] = p[n];
    }
    decode->name[n] = '\0';
}


/* Whatever has ASCII's bytes and calls itself UTF-16 is none. */
static const char *
musicxml_decode_named(const musicxml_decode_t *decode)
{
    size_t i;
    static const char *const unicode[] = {
        "",         "utf-8",    "utf8",    "ascii", "us-ascii",       "utf-16",
        "utf-16le", "utf-16be", "unicode", "ucs-2", "iso-10646-ucs-2"
    };

    for (i = 0; i < MUSICXML_DECODE_COUNT(unicode); i++) {
        if (strcasecmp(unicode[i], decode->name) == 0) {
            return "";
        }
    }

    return charset_find(decode->name, strlen(decode->name));
}


/* Byte order marks, and without one how "<" is written: XML 1.0, appendix F.
   The encoding's name for iconv, empty for UTF-8; NULL: unknown. `skip`: bytes
   that are no text. */
static const char *
musicxml_decode_encoding(musicxml_decode_t *decode, size_t *skip)
{
    size_t i;
    static const struct {
        const char *first;
        size_t len, skip;
        const char *iconv;
    } orders[] = {
        { "\xff\xfe\0\0", 4, 4, "UTF-32LE" },
        { "\0\0\xfe\xff", 4, 4, "UTF-32BE" },
        { "<\0\0\0", 4, 0, "UTF-32LE" },
        { "\0\0\0<", 4, 0, "UTF-32BE" },
        { "\xff\xfe", 2, 2, "UTF-16LE" },
        { "\xfe\xff", 2, 2, "UTF-16BE" },
        { "<\0", 2, 0, "UTF-16LE" },
        { "\0<", 2, 0, "UTF-16BE" },
        { "\xef\xbb\xbf", 3, 3, "" },
    };

    for (i = 0; i < MUSICXML_DECODE_COUNT(orders); i++) {
        if (decode->head_len >= orders[i].len
            && memcmp(decode->head, orders[i].first, orders[i].len) == 0) {
            *skip = orders[i].skip;
            return orders[i].iconv;
        }
    }

    *skip = 0;
    while (*skip < decode->head_len && decode->head[*skip] != '\0'
           && strchr(musicxml_decode_blanks, decode->head[*skip]) != NULL) {
        (*skip)++;
    }

    musicxml_decode_name(decode, decode->head + *skip,
                         decode->head_len - *skip);
    return musicxml_decode_named(decode);
}


static musicxml_decode_rc_t
musicxml_decode_give(const musicxml_decode_t *decode, const char *utf8,
                     size_t len)
{
    return len == 0 || decode->sink(decode->data, utf8, len) == 0
               ? MUSICXML_DECODE_OK
               : MUSICXML_DECODE_ENOUGH;
}


/* Converts what is whole of it; `*len` is what was not. */
static musicxml_decode_rc_t
musicxml_decode_convert(musicxml_decode_t *decode, const char **bytes,
                        size_t *len)
{
    int error = 0;
    size_t rc = 0, room;
    char chunk[MUSICXML_DECODE_CHUNK], *in = (char *) *bytes, *out;
    musicxml_decode_rc_t outcome;

    do {
        out = chunk;
        room = sizeof(chunk);
        rc = iconv(decode->way, &in, len, &out, &room);
        error = errno;
        outcome = musicxml_decode_give(decode, chunk, (size_t) (out - chunk));
        if (outcome != MUSICXML_DECODE_OK) {
            return outcome;
        }
    } while (rc == (size_t) -1 && error == E2BIG);

    *bytes = in;
    return rc == (size_t) -1 && error == EILSEQ ? MUSICXML_DECODE_UNTRUE
                                                : MUSICXML_DECODE_OK;
}


static musicxml_decode_rc_t
musicxml_decode_text(musicxml_decode_t *decode, const char *bytes, size_t len)
{
    size_t n;
    const char *from;
    musicxml_decode_rc_t rc = MUSICXML_DECODE_OK;

    if (!decode->converts) {
        return musicxml_decode_give(decode, bytes, len);
    }

    /* a character that another piece began */
    while (decode->left_len > 0 && len > 0 && rc == MUSICXML_DECODE_OK) {
        if (decode->left_len == sizeof(decode->left)) {
            return MUSICXML_DECODE_UNTRUE;
        }
        decode->left[decode->left_len++] = *bytes++;
        len--;
        from = decode->left;
        n = decode->left_len;
        rc = musicxml_decode_convert(decode, &from, &n);
        memmove(decode->left, from, n);
        decode->left_len = n;
    }

    if (rc == MUSICXML_DECODE_OK && len > 0) {
        rc = musicxml_decode_convert(decode, &bytes, &len);
        if (rc == MUSICXML_DECODE_OK && len > sizeof(decode->left)) {
            return MUSICXML_DECODE_UNTRUE;
        }
        if (rc == MUSICXML_DECODE_OK) {
            memcpy(decode->left, bytes, len);
            decode->left_len = len;
        }
    }

    return rc;
}


static musicxml_decode_rc_t
musicxml_decode_settle(musicxml_decode_t *decode)
{
    size_t skip;
    const char *encoding;

    decode->settled = 1;

    encoding = musicxml_decode_encoding(decode, &skip);
    if (encoding == NULL) {
        return MUSICXML_DECODE_UNKNOWN;
    }

    if (encoding[0] != '\0') {
        decode->way = iconv_open("UTF-8", encoding);
        if (decode->way == (iconv_t) -1) {
            return MUSICXML_DECODE_UNKNOWN;
        }
        decode->converts = 1;
    }

    return musicxml_decode_text(decode, decode->head + skip,
                                decode->head_len - skip);
}


musicxml_decode_rc_t
musicxml_decode_feed(musicxml_decode_t *decode, const char *bytes, size_t len)
{
    size_t n;
    musicxml_decode_rc_t rc;

    if (!decode->settled) {
        n = sizeof(decode->head) - decode->head_len;
        n = len < n ? len : n;
        memcpy(decode->head + decode->head_len, bytes, n);
        decode->head_len += n;
        bytes += n;
        len -= n;

        if (decode->head_len < sizeof(decode->head)
            && (decode->head_len < 4
                || memchr(decode->head, '>', decode->head_len) == NULL)) {
            return MUSICXML_DECODE_OK;
        }

        rc = musicxml_decode_settle(decode);
        if (rc != MUSICXML_DECODE_OK) {
            return rc;
        }
    }

    return musicxml_decode_text(decode, bytes, len);
}


musicxml_decode_rc_t
musicxml_decode_end(musicxml_decode_t *decode)
{
    musicxml_decode_rc_t rc = MUSICXML_DECODE_OK;

    if (!decode->settled) {
        rc = musicxml_decode_settle(decode);
    }

    return rc == MUSICXML_DECODE_OK && decode->left_len > 0
               ? MUSICXML_DECODE_UNTRUE
               : rc;
}
