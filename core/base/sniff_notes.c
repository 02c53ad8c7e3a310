#define _GNU_SOURCE /* memmem */
#include <string.h>
#include <strings.h>
#include "sniff_notes.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const sniff_t midi = { MEDIA_SCORE, "MIDI", "mid", NULL };
static const sniff_t musicxml = { MEDIA_SCORE, "MusicXML", "musicxml", NULL };
static const sniff_t mxl = { MEDIA_SCORE, "compressed MusicXML", "mxl", NULL };


static int
has(const uint8_t *b, size_t len, size_t at, const char *magic, size_t size)
{
    return len >= size && at <= len - size && memcmp(b + at, magic, size) == 0;
}

#define HAS(at, magic) has(b, len, at, magic, sizeof(magic) - 1)


/* "MThd", length (4): six bytes in RP-001, more in what may come after it; or
   the same in RIFF */
const sniff_t *
sniff_midi(const uint8_t *b, size_t len)
{
    if (HAS(0, "RIFF") && HAS(8, "RMID")) {
        return &midi;
    }

    return HAS(0, "MThd\0\0\0") && len >= 8 && b[7] >= 6 ? &midi : NULL;
}


/* Where the document element begins, or `len`: behind declarations, comments
   and processing instructions. */
static size_t
sniff_xml_root(const uint8_t *b, size_t len)
{
    size_t at = 0;
    const char *end;
    const uint8_t *p;

    while (at < len && (p = memchr(b + at, '<', len - at)) != NULL) {
        at = (size_t) (p - b) + 1;
        if (at == len || (b[at] != '!' && b[at] != '?')) {
            return at;
        }

        end = HAS(at, "!--") ? "-->" : (b[at] == '?') ? "?>" : "";
        p = memmem(b + at, len - at, end, strlen(end));
        at = (p != NULL) ? (size_t) (p - b) + 1 : len;
    }

    return len;
}


/* An element that is MuseScore's, or of a list of scores, is told so by the one
   who reads it; likewise what begins with so many words that none is to be seen
   yet. */
static const sniff_t *
sniff_xml(const uint8_t *b, size_t len)
{
    static const char *const begins[] = { "<?xml", "<!DOCTYPE score-",
                                          "<score-", "<museScore" };
    static const char *const roots[] = { "score-partwise", "score-timewise",
                                         "opus", "museScore" };
    size_t i, at;

    if (HAS(0, "\xef\xbb\xbf")) {
        b += 3;
        len -= 3;
    }

    while (len > 0 && strchr(" \t\r\n", b[0]) != NULL && b[0] != '\0') {
        b++;
        len--;
    }

    for (i = 0; i < COUNT(begins); i++) {
        if (has(b, len, 0, begins[i], strlen(begins[i]))) {
            break;
        }
    }
    if (i == COUNT(begins)) {
        return NULL;
    }

    at = sniff_xml_root(b, len);
    if (at == len) {
        return (len > SNIFF_SIZE / 4) ? &musicxml : NULL;
    }

    for (i = 0; i < COUNT(roots); i++) {
        if (has(b, len, at, roots[i], strlen(roots[i]))
            && at + strlen(roots[i]) < len
            && memchr(" \t\r\n>", b[at + strlen(roots[i])], 5) != NULL) {
            return &musicxml;
        }
    }

    return NULL;
}


/* An XML text whose document element is one of MusicXML's two; in UTF-16, with
   or without a byte order mark, each of its letters has a zero byte beside it.
 */
const sniff_t *
sniff_musicxml(const uint8_t *b, size_t len)
{
    uint8_t narrow[SNIFF_SIZE / 2];
    size_t i, high, skip;

    skip = HAS(0, "\xff\xfe") || HAS(0, "\xfe\xff") ? 2 : 0;
    if (skip == 0 && !HAS(0, "<\0?\0") && !HAS(0, "\0<\0?")) {
        return sniff_xml(b, len);
    }

    /* where in each pair the upper byte stands */
    high = HAS(0, "\xff\xfe") || HAS(0, "<\0");
    b += skip;
    len = (len - skip) / 2;

    for (i = 0; i < len; i++) {
        narrow[i] = b[2 * i + high] == 0 ? b[2 * i + !high] : '?';
    }

    return sniff_xml(narrow, len);
}


/* Of a name in a zip: 1 when notes, or what leads to them, are called so; -1
   for office documents, which are XML, too. */
static int
sniff_mxl_name(const uint8_t *name, size_t len)
{
    size_t i, size;
    static const char *const ends[] = { ".xml", ".musicxml", ".mscx", ".mss" };
    static const char office[] = "[Content_Types]";
    static const char container[] = "META-INF/container.xml";

    if (has(name, len, 0, office, sizeof(office) - 1)) {
        return -1;
    }
    if (has(name, len, 0, "META-INF/", 9)) {
        return len == 9
               || (len == sizeof(container) - 1
                   && memcmp(name, container, len) == 0);
    }

    for (i = 0; i < COUNT(ends); i++) {
        size = strlen(ends[i]);
        if (len > size
            && strncasecmp((const char *) name + len - size, ends[i], size)
                   == 0) {
            return 1;
        }
    }

    return 0;
}


/*
 * A zip is a row of "PK\3\4", 22 bytes, the lengths of name and extra field (2
 * each, little-endian), name, extra field, data (APPNOTE 4.3.7). Where there is
 * a mimetype, it comes first, is not compressed, and says what this is.
 */
const sniff_t *
sniff_mxl(const uint8_t *b, size_t len)
{
    int found = 0;
    size_t at = 0, name, extra;
    const uint8_t *next;

    if (!HAS(0, "PK\3\4") || len < 30) {
        return NULL;
    }

    extra = (size_t) b[29] << 8 | b[28];
    if (HAS(30, "mimetype") && b[26] == 8 && b[27] == 0) {
        return HAS(38 + extra, "application/vnd.recordare.musicxml") ? &mxl
                                                                     : NULL;
    }

    while (found == 0 && len - at >= 30) {
        name = (size_t) b[at + 27] << 8 | b[at + 26];
        if (name > len - at - 30) {
            break;
        }
        found = sniff_mxl_name(b + at + 30, name);
        at += 30 + name;
        next = memmem(b + at, len - at, "PK\3\4", 4);
        at = (next != NULL) ? (size_t) (next - b) : len;
    }

    return found == 1 ? &mxl : NULL;
}
