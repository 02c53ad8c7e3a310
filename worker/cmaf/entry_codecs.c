#include <stdio.h>
#include <string.h>
#include "entry_codecs.h"

/* MPEG-4 object types: ISO/IEC 14496-3, table 1.17 */
#define ENTRY_AAC_LC 2
#define ENTRY_AAC_SBR 5
#define ENTRY_AAC_PS 29
#define ENTRY_AAC_ESCAPE 31
#define ENTRY_AAC_SYNC 0x2b7 /* of an extension at the end */
#define ENTRY_AAC_SYNC_PS 0x548
#define ENTRY_AAC_RATE_WRITTEN 15 /* in 24 bits, instead of an index */

/* Descriptors: ISO/IEC 14496-1, 7.2.6 */
#define ENTRY_ES 3
#define ENTRY_DECODER 4
#define ENTRY_SPECIFIC 5
#define ENTRY_OBJECT_AAC 0x40
#define ENTRY_SIZE_BYTES 4 /* of seven bits each */

/* Colours: ISO/IEC 23091-2 */
#define ENTRY_BT709 1
#define ENTRY_UNSPECIFIED 2

/* Bits, the highest of each byte first. */
typedef struct {
    bytes_t in;
    unsigned byte, left;
} entry_bits_t;

/* colr: primaries, transfer, matrix, full range */
typedef struct {
    unsigned primaries, transfer, matrix, full;
} entry_colour_t;


static unsigned
entry_bits(entry_bits_t *bits, unsigned n)
{
    unsigned number = 0;

    while (n-- > 0) {
        if (bits->left == 0) {
            bits->byte = box_8(&bits->in);
            bits->left = 8;
        }
        bits->left--;
        number = number << 1 | (bits->byte >> bits->left & 1);
    }

    return number;
}


static int
entry_fits(int n, size_t size)
{
    return n > 0 && (size_t) n < size ? 0 : -1;
}


/* version, profile, constraints, level: ISO/IEC 14496-15, 5.3.3 */
int
entry_codecs_avc(const entry_config_t *config, char *codecs, size_t size)
{
    bytes_t in = config->config;
    unsigned profile, constraints, level;

    box_skip(&in, 1);
    profile = box_8(&in);
    constraints = box_8(&in);
    level = box_8(&in);

    return box_ended(&in) ? -1
                          : entry_fits(snprintf(codecs, size, "%s.%02x%02x%02x",
                                                config->entry, profile,
                                                constraints, level),
                                       size);
}


static uint32_t
entry_reversed(uint32_t number)
{
    int i;
    uint32_t reversed = 0;

    for (i = 0; i < 32; i++) {
        reversed = reversed << 1 | (number >> i & 1);
    }

    return reversed;
}


/* ISO/IEC 14496-15, annex E.3: profile, compatibility with its bits reversed,
   tier and level, six bytes of constraints without the zeros at their end */
int
entry_codecs_hevc(const entry_config_t *config, char *codecs, size_t size)
{
    int n, i, last = -1;
    bytes_t in = config->config;
    unsigned profile, constraints[6], level;
    uint32_t compatible;
    static const char *const spaces[] = { "", "A", "B", "C" };

    box_skip(&in, 1);
    profile = box_8(&in);
    compatible = entry_reversed(box_32(&in));
    for (i = 0; i < 6; i++) {
        constraints[i] = box_8(&in);
        last = constraints[i] != 0 ? i : last;
    }
    level = box_8(&in);
    if (box_ended(&in)) {
        return -1;
    }

    n = snprintf(codecs, size, "%s.%s%u.%X.%c%u", config->entry,
                 spaces[profile >> 6], profile & 31, compatible,
                 profile & 32 ? 'H' : 'L', level);
    for (i = 0; i <= last && n > 0 && (size_t) n < size; i++) {
        n += snprintf(codecs + n, size - (size_t) n, ".%X", constraints[i]);
    }

    return entry_fits(n, size);
}


static entry_colour_t
entry_colour(const entry_config_t *config)
{
    bytes_t in = config->colour;
    entry_colour_t colour = { ENTRY_BT709, ENTRY_BT709, ENTRY_BT709, 0 };

    if (in.at == NULL || box_32(&in) != BOX_TYPE("nclx") || box_left(&in) < 7) {
        return colour;
    }

    colour.primaries = box_16(&in) & 0xff;
    colour.transfer = box_16(&in) & 0xff;
    colour.matrix = box_16(&in) & 0xff;
    colour.full = box_8(&in) >> 7;
    return colour;
}


static int
entry_is_usual(unsigned code)
{
    return code == ENTRY_BT709 || code == ENTRY_UNSPECIFIED;
}


/* What is meant where a codec says nothing of its colours. */
static int
entry_is_bt709(const entry_colour_t *colour)
{
    return entry_is_usual(colour->primaries) && entry_is_usual(colour->transfer)
           && entry_is_usual(colour->matrix) && !colour->full;
}


/* AV1 in ISOBMFF 1.2.0, section 5: marker and version, profile (3) and level
   (5), tier, high depth, twelve bits, monochrome, subsampling (2) and where the
   samples lie (2) */
int
entry_codecs_av1(const entry_config_t *config, char *codecs, size_t size)
{
    int n;
    bytes_t in = config->config;
    unsigned first, second, depth, mono, chroma;
    const entry_colour_t colour = entry_colour(config);

    box_skip(&in, 1);
    first = box_8(&in);
    second = box_8(&in);
    if (box_ended(&in)) {
        return -1;
    }

    depth = !(second & 0x40) ? 8 : first >> 5 == 2 && (second & 0x20) ? 12 : 10;
    mono = second >> 4 & 1;
    chroma = second & 0xf;
    n = snprintf(codecs, size, "av01.%u.%02u%c.%02u", first >> 5, first & 31,
                 second & 0x80 ? 'H' : 'M', depth);

    /* 4:2:0 is meant where nothing is said */
    if (n > 0 && (size_t) n < size
        && (!entry_is_bt709(&colour) || mono || (chroma & 0xc) != 0xc)) {
        n += snprintf(codecs + n, size - (size_t) n,
                      ".%u.%u%u%u.%02u.%02u.%02u.%u", mono, chroma >> 3 & 1,
                      chroma >> 2 & 1, (chroma & 0xc) == 0xc ? chroma & 3 : 0,
                      colour.primaries, colour.transfer, colour.matrix,
                      colour.full);
    }

    return entry_fits(n, size);
}


/* VP codec ISO media binding 1.0: profile, level, depth (4) with subsampling
   (3) and range, primaries, transfer, matrix */
int
entry_codecs_vp9(const entry_config_t *config, char *codecs, size_t size)
{
    int n;
    bytes_t in = config->config;
    unsigned profile, level, depth, chroma;
    entry_colour_t colour;

    box_skip(&in, BOX_FULL);
    profile = box_8(&in);
    level = box_8(&in);
    depth = box_8(&in);
    colour.primaries = box_8(&in);
    colour.transfer = box_8(&in);
    colour.matrix = box_8(&in);
    if (box_ended(&in)) {
        return -1;
    }

    chroma = depth >> 1 & 7;
    colour.full = depth & 1;
    n = snprintf(codecs, size, "vp09.%02u.%02u.%02u", profile, level,
                 depth >> 4);
    if (n > 0 && (size_t) n < size
        && (!entry_is_bt709(&colour) || chroma > 1)) {
        n += snprintf(codecs + n, size - (size_t) n,
                      ".%02u.%02u.%02u.%02u.%02u", chroma, colour.primaries,
                      colour.transfer, colour.matrix, colour.full);
    }

    return entry_fits(n, size);
}


static unsigned
entry_object(entry_bits_t *bits)
{
    const unsigned object = entry_bits(bits, 5);

    return object == ENTRY_AAC_ESCAPE ? 32 + entry_bits(bits, 6) : object;
}


static void
entry_rate(entry_bits_t *bits)
{
    if (entry_bits(bits, 4) == ENTRY_AAC_RATE_WRITTEN) {
        (void) entry_bits(bits, 24);
    }
}


/* AudioSpecificConfig: ISO/IEC 14496-3, 1.6.2.1; object type, rate, channels,
   of AAC-LC three flags; what an extension adds may stand behind that. */
static unsigned
entry_aac(bytes_t in)
{
    entry_bits_t bits = { .in = in };
    unsigned object = entry_object(&bits);

    if (object != ENTRY_AAC_LC) {
        return box_ended(&bits.in) ? 0 : object;
    }

    entry_rate(&bits);
    (void) entry_bits(&bits, 4 + 3);
    if (box_ended(&bits.in)) {
        return 0;
    }

    if (entry_bits(&bits, 11) == ENTRY_AAC_SYNC
        && entry_object(&bits) == ENTRY_AAC_SBR && entry_bits(&bits, 1)
        && !box_ended(&bits.in)) {
        object = ENTRY_AAC_SBR;
        entry_rate(&bits);
        if (entry_bits(&bits, 11) == ENTRY_AAC_SYNC_PS && entry_bits(&bits, 1)
            && !box_ended(&bits.in)) {
            object = ENTRY_AAC_PS;
        }
    }

    return object;
}


/* Into a descriptor that must be of this kind. */
static void
entry_descriptor(bytes_t *in, unsigned kind)
{
    int i;
    unsigned byte = 0x80;
    size_t size = 0;

    if (box_8(in) != kind) {
        in->at = NULL;
    }
    for (i = 0; i < ENTRY_SIZE_BYTES && (byte & 0x80); i++) {
        byte = box_8(in);
        size = size << 7 | (byte & 0x7f);
    }

    if (!box_ended(in) && size <= box_left(in)) {
        in->end = in->at + size;
    } else {
        in->at = NULL;
    }
}


/* ES: id (16), flags, of which ffmpeg sets none; decoder: object type, stream
   type, buffer (24), peak and average rate (32 each), what is specific */
int
entry_codecs_mp4a(const entry_config_t *config, char *codecs, size_t size)
{
    bytes_t in = config->config;
    unsigned kind, object;

    box_skip(&in, BOX_FULL);
    entry_descriptor(&in, ENTRY_ES);
    box_skip(&in, 2);
    if (box_8(&in) != 0) {
        return -1;
    }
    entry_descriptor(&in, ENTRY_DECODER);
    kind = box_8(&in);
    if (box_ended(&in)) {
        return -1;
    }
    if (kind != ENTRY_OBJECT_AAC) {
        return entry_fits(snprintf(codecs, size, "mp4a.%02x", kind), size);
    }

    box_skip(&in, 12);
    entry_descriptor(&in, ENTRY_SPECIFIC);
    object = entry_aac(in);

    return object == 0
               ? -1
               : entry_fits(snprintf(codecs, size, "mp4a.40.%u", object), size);
}


/* Players know it in small letters. */
int
entry_codecs_opus(const entry_config_t *config, char *codecs, size_t size)
{
    (void) config;
    return entry_fits(snprintf(codecs, size, "opus"), size);
}


int
entry_codecs_plain(const entry_config_t *config, char *codecs, size_t size)
{
    return entry_fits(snprintf(codecs, size, "%s", config->entry), size);
}
