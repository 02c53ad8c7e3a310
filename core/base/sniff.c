#define _GNU_SOURCE /* memmem */
#include <stdint.h>
#include <string.h>
#include "sniff.h"
#include "sniff_notes.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ffmpeg's demuxers, by their names in `ffmpeg -demuxers` */
static const sniff_t mp4 = { MEDIA_VIDEO, "MP4", "mp4", "mov" };
static const sniff_t m4a = { MEDIA_AUDIO, "M4A", "m4a", "mov" };
static const sniff_t mov = { MEDIA_VIDEO, "QuickTime", "mov", "mov" };
static const sniff_t gpp = { MEDIA_VIDEO, "3GP", "3gp", "mov" };
static const sniff_t mkv = { MEDIA_VIDEO, "Matroska", "mkv", "matroska" };
static const sniff_t webm = { MEDIA_VIDEO, "WebM", "webm", "matroska" };
static const sniff_t avi = { MEDIA_VIDEO, "AVI", "avi", "avi" };
static const sniff_t ts = { MEDIA_VIDEO, "MPEG-TS", "ts", "mpegts" };
static const sniff_t ps = { MEDIA_VIDEO, "MPEG-PS", "mpg", "mpeg" };
static const sniff_t mp3 = { MEDIA_AUDIO, "MP3", "mp3", "mp3" };
static const sniff_t flac = { MEDIA_AUDIO, "FLAC", "flac", "flac" };
static const sniff_t wav = { MEDIA_AUDIO, "WAV", "wav", "wav" };
static const sniff_t aiff = { MEDIA_AUDIO, "AIFF", "aif", "aiff" };
static const sniff_t aac = { MEDIA_AUDIO, "AAC", "aac", "aac" };
static const sniff_t ac3 = { MEDIA_AUDIO, "AC-3", "ac3", "ac3" };
static const sniff_t eac3 = { MEDIA_AUDIO, "E-AC-3", "eac3", "eac3" };
static const sniff_t pdf = { MEDIA_SCORE, "PDF", "pdf", NULL };
static const sniff_t png = { MEDIA_SCORE, "PNG", "png", "png_pipe" };
static const sniff_t jpeg = { MEDIA_SCORE, "JPEG", "jpg", "jpeg_pipe" };
static const sniff_t tiff = { MEDIA_SCORE, "TIFF", "tif", NULL };
static const sniff_t heic = { MEDIA_SCORE, "HEIC", "heic", NULL };


static int
has(const uint8_t *b, size_t len, size_t at, const char *magic, size_t size)
{
    return len >= size && at <= len - size && memcmp(b + at, magic, size) == 0;
}

#define HAS(at, magic) has(b, len, at, magic, sizeof(magic) - 1)


static uint32_t
be32(const uint8_t *b)
{
    return (uint32_t) b[0] << 24 | (uint32_t) b[1] << 16 | (uint32_t) b[2] << 8
           | b[3];
}


static int
is_brand(const uint8_t *b, const char brands[][5], size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (memcmp(b, brands[i], 4) == 0) {
            return 1;
        }
    }

    return 0;
}


/* Pictures in the same box format. One whose major brand names the container
   alone lists its codec among the compatible ones: ISO/IEC 23008-12, 10.2. */
static const sniff_t *
ftyp_picture(const uint8_t *b, size_t len, uint32_t size)
{
    static const char coded[][5] = { "heic", "heix", "heim", "heis" };
    static const char containers[][5] = { "mif1", "mif2", "mif3", "msf1",
                                          "miaf" };
    size_t at;

    if (is_brand(b + 8, coded, COUNT(coded))) {
        return &heic;
    }

    if (is_brand(b + 8, containers, COUNT(containers))) {
        for (at = 16; at + 4 <= len && at + 4 <= size; at += 4) {
            if (is_brand(b + at, coded, COUNT(coded))) {
                return &heic;
            }
        }
    }

    return NULL;
}


/* ISO/IEC 14496-12: size (4), "ftyp", major brand (4), version (4), and
   compatible brands (4 each) */
static const sniff_t *
ftyp_brand(const uint8_t *b, size_t len, size_t at)
{
    static const char pictures[][5] = {
        "avif", "avis", "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm",
        "hevs", "mif1", "mif2", "mif3", "msf1", "miaf", "jpeg", "jpgs", "avci",
        "avcs", "j2ki", "j2is", "vvic", "evbi", "evmi", "crx "
    };

    if (len - at < 16 || be32(b + at) < 16) {
        return NULL;
    }

    if (is_brand(b + at + 8, pictures, COUNT(pictures))) {
        return ftyp_picture(b + at, len - at, be32(b + at));
    }

    at += 8;

    if (HAS(at, "qt  ")) {
        return &mov;
    }

    if (HAS(at, "M4A ") || HAS(at, "M4B ")) {
        return &m4a;
    }

    return (HAS(at, "3gp") || HAS(at, "3g2")) ? &gpp : &mp4;
}


/* Boxes, each size (4) and type (4): what may stand in front is skipped. */
static const sniff_t *
sniff_mov(const uint8_t *b, size_t len)
{
    uint32_t size;
    size_t at;

    for (at = 0; len - at >= 8; at += size) {
        size = be32(b + at);

        /* 0: up to the end of the file; 1: a 64-bit size follows */
        if (HAS(at + 4, "mdat")) {
            return (size <= 1 || size >= 8) ? &mov : NULL;
        }

        /* no text starts with a zero byte, so this is none */
        if (size < 8 || b[at] != 0) {
            return NULL;
        }

        if (HAS(at + 4, "ftyp")) {
            return ftyp_brand(b, len, at);
        }

        if (HAS(at + 4, "moov")) {
            return &mov;
        }

        if (!HAS(at + 4, "wide") && !HAS(at + 4, "free")
            && !HAS(at + 4, "skip")) {
            return NULL;
        }

        if (size > len - at) {
            return &mov;
        }
    }

    return (at > 0) ? &mov : NULL;
}


/* Reads an EBML variable-size integer (RFC 8794, section 4) and moves on; the
   marker bit is kept for ids. 0 on success. */
static int
vint(const uint8_t *b, size_t len, size_t *at, int keep_marker, uint64_t *value)
{
    unsigned width, i;

    if (*at >= len || b[*at] == 0) {
        return -1;
    }

    width = (unsigned) __builtin_clz(b[*at]) - 23; /* of 32 bits */

    if (len - *at < width) {
        return -1;
    }

    *value = keep_marker ? b[*at] : b[*at] & (0xffU >> width);

    for (i = 1; i < width; i++) {
        *value = *value << 8 | b[*at + i];
    }

    *at += width;

    return 0;
}


/* RFC 8794, 11.2: the EBML header, whose DocType tells whose file it is. */
static const sniff_t *
sniff_matroska(const uint8_t *b, size_t len)
{
    static const uint64_t doctype = 0x4282;
    uint64_t id, size;
    size_t at = 4, end;

    if (!HAS(0, "\x1a\x45\xdf\xa3") || vint(b, len, &at, 0, &size) != 0) {
        return NULL;
    }

    end = (size < len - at) ? at + (size_t) size : len;

    while (vint(b, end, &at, 1, &id) == 0 && vint(b, end, &at, 0, &size) == 0
           && size <= end - at) {
        if (id != doctype) {
            at += (size_t) size;
            continue;
        }

        len = strnlen((const char *) b + at, (size_t) size) + at;

        if (len - at == 4 && HAS(at, "webm")) {
            return &webm;
        }

        return (len - at == 8 && HAS(at, "matroska")) ? &mkv : NULL;
    }

    return NULL;
}


/* RIFF (or RF64), size (4), form (4) */
static const sniff_t *
sniff_riff(const uint8_t *b, size_t len)
{
    if (HAS(0, "RIFF") && HAS(8, "AVI ")) {
        return &avi;
    }

    return ((HAS(0, "RIFF") || HAS(0, "RF64")) && HAS(8, "WAVE")) ? &wav : NULL;
}


/* ISO/IEC 13818-1, 2.4.3.2: packets that start with a sync byte; cameras put
   four bytes of time in front of each. */
static const sniff_t *
sniff_ts(const uint8_t *b, size_t len)
{
    static const struct {
        size_t first, step;
    } forms[] = { { 0, 188 }, { 4, 192 } };
    const size_t packets = 5;
    size_t i, n;

    for (i = 0; i < COUNT(forms); i++) {
        for (n = 0; n < packets; n++) {
            if (!has(b, len, forms[i].first + n * forms[i].step, "\x47", 1)) {
                break;
            }
        }

        if (n == packets) {
            return &ts;
        }
    }

    return NULL;
}


/* A pack header; what follows its start code is '01' in MPEG-2 (ISO/IEC
   13818-1, 2.5.3.3) and '0010' in MPEG-1 (11172-1, 2.4.3.2). */
static const sniff_t *
sniff_ps(const uint8_t *b, size_t len)
{
    if (!HAS(0, "\x00\x00\x01\xba") || len < 5) {
        return NULL;
    }

    return ((b[4] & 0xc0) == 0x40 || (b[4] & 0xf0) == 0x20) ? &ps : NULL;
}


/* Bytes of the MPEG audio layer III frame that starts here (ISO/IEC 11172-3,
   2.4.2.3), or 0 when none does. */
static size_t
mp3_frame(const uint8_t *b, size_t len)
{
    /* kbit/s by bit rate index: version 1, and versions 2 and 2.5 */
    static const uint16_t bit_rates[2][16] = {
        { 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0 },
        { 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0 }
    };
    static const uint16_t sample_rates[] = { 44100, 48000, 32000, 0 };
    unsigned version, bit_rate, sample_rate;

    if (len < 4 || b[0] != 0xff || (b[1] & 0xe6) != 0xe2) {
        return 0;
    }

    version = b[1] >> 3 & 3; /* 3: 1, 2: 2, 0: 2.5 */
    bit_rate = bit_rates[version != 3][b[2] >> 4];
    sample_rate = sample_rates[b[2] >> 2 & 3];

    if (version == 1 || bit_rate == 0 || sample_rate == 0) {
        return 0;
    }

    sample_rate >>= (version == 3) ? 0 : (version == 2) ? 1 : 2;

    return (version == 3 ? 144U : 72U) * bit_rate * 1000 / sample_rate
           + (b[2] >> 1 & 1);
}


/* Bytes of the ADTS frame that starts here (ISO/IEC 13818-7, 6.2), or 0. */
static size_t
adts_frame(const uint8_t *b, size_t len)
{
    size_t size;

    if (len < 7 || b[0] != 0xff || (b[1] & 0xf6) != 0xf0
        || (b[2] >> 2 & 15) > 12) {
        return 0;
    }

    size = (size_t) (b[3] & 3) << 11 | (size_t) b[4] << 3 | b[5] >> 5;

    return (size >= 7) ? size : 0;
}


/* The same of AC-3 (ETSI TS 102 366, 4.4.1): of 1536 samples, and so many
   words of 16 bits that they are about the bit rate. */
static size_t
ac3_frame(const uint8_t *b, size_t len)
{
    static const uint16_t bit_rates[] = { 32,  40,  48,  56,  64,  80,  96,
                                          112, 128, 160, 192, 224, 256, 320,
                                          384, 448, 512, 576, 640 };
    static const unsigned sample_rates[] = { 48000, 44100, 32000 };
    unsigned rate, code;

    if (len < 6 || b[0] != 0x0b || b[1] != 0x77 || b[5] >> 3 > 10) {
        return 0;
    }

    rate = b[4] >> 6;
    code = b[4] & 63;

    if (rate >= COUNT(sample_rates) || code / 2 >= COUNT(bit_rates)) {
        return 0;
    }

    return 2
           * (bit_rates[code / 2] * 1000U * 96 / sample_rates[rate]
              + (rate == 1 ? code & 1 : 0));
}


/* The same of E-AC-3 (annex E, 1.2.2), which says it in words. */
static size_t
eac3_frame(const uint8_t *b, size_t len)
{
    if (len < 6 || b[0] != 0x0b || b[1] != 0x77 || b[5] >> 3 <= 10
        || b[5] >> 3 > 16) {
        return 0;
    }

    return 2 * (((size_t) (b[2] & 7) << 8 | b[3]) + 1);
}


/* Twelve bits of sync come about by chance: a second frame has to follow, or
   the file to end. */
static int
is_stream(const uint8_t *b, size_t len,
          size_t (*frame)(const uint8_t *, size_t))
{
    size_t size;

    size = frame(b, len);

    return size != 0 && size <= len
           && (size == len || frame(b + size, len - size) != 0);
}


static const sniff_t *
sniff_audio(const uint8_t *b, size_t len)
{
    static const struct {
        size_t (*frame)(const uint8_t *, size_t);
        const sniff_t *sniff;
    } streams[] = { { adts_frame, &aac },
                    { ac3_frame, &ac3 },
                    { eac3_frame, &eac3 },
                    { mp3_frame, &mp3 } };
    size_t i;

    if (HAS(0, "fLaC")) {
        return &flac;
    }

    for (i = 0; i < COUNT(streams); i++) {
        if (is_stream(b, len, streams[i].frame)) {
            return streams[i].sniff;
        }
    }

    return NULL;
}


/* "FORM", size (4), "AIFF", or "AIFC" where it is compressed */
static const sniff_t *
sniff_aiff(const uint8_t *b, size_t len)
{
    return HAS(0, "FORM") && (HAS(8, "AIFF") || HAS(8, "AIFC")) ? &aiff : NULL;
}


/* The tag may be longer than what we see: then it is MP3 until somebody looks
   behind it. */
static const sniff_t *
sniff_id3(const uint8_t *b, size_t len)
{
    const size_t size = sniff_tag(b, len);

    return size == 0    ? NULL
           : size < len ? sniff_behind_tag(b + size, len - size)
                        : &mp3;
}


static const sniff_t *
sniff_picture(const uint8_t *b, size_t len)
{
    if (HAS(0, "\x89PNG\r\n\x1a\n") && HAS(12, "IHDR")) {
        return &png;
    }

    /* byte order, 42 (43: offsets of 8 bytes), then where the first page is:
       TIFF 6.0, section 2 */
    if ((HAS(0, "II*\0") || HAS(0, "MM\0*") || HAS(0, "II+\0")
         || HAS(0, "MM\0+"))
        && len >= 8) {
        return &tiff;
    }

    return HAS(0, "\xff\xd8\xff") ? &jpeg : NULL;
}


/* Those that begin with bytes of their own. */
static const sniff_t *
sniff_magic(const uint8_t *b, size_t len)
{
    static const struct {
        const char *magic;
        size_t size;
        sniff_t sniff;
    } files[] = {
#define MAGIC(magic, ...)         \
    {                             \
        magic, sizeof(magic) - 1, \
        {                         \
            __VA_ARGS__           \
        }                         \
    }
        MAGIC("FLV\x01", MEDIA_VIDEO, "FLV", "flv", "flv"),
        MAGIC("OggS\x00", MEDIA_VIDEO, "Ogg", "ogg", "ogg"),
        /* the GUID of its header object: ASF 01.20.06, 10.1 */
        MAGIC("\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62"
              "\xce\x6c",
              MEDIA_VIDEO, "ASF", "asf", "asf"),
        /* the key of a header partition: SMPTE ST 377-1, 7.1 */
        MAGIC("\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02",
              MEDIA_VIDEO, "MXF", "mxf", "mxf"),
        MAGIC(".RMF\x00\x00\x00", MEDIA_VIDEO, "RealMedia", "rm", "rm"),
        /* a header block, 525 lines or 625: IEC 61834-2, 11.4 */
        MAGIC("\x1f\x07\x00\x3f", MEDIA_VIDEO, "DV", "dv", "dv"),
        MAGIC("\x1f\x07\x00\xbf", MEDIA_VIDEO, "DV", "dv", "dv"),
        MAGIC("caff\x00\x01\x00\x00", MEDIA_AUDIO, "CAF", "caf", "caf"),
        MAGIC("#!AMR", MEDIA_AUDIO, "AMR", "amr", "amr"), /* RFC 4867, 5 */
        MAGIC("wvpk", MEDIA_AUDIO, "WavPack", "wv", "wv"),
        MAGIC("riff\x2e\x91\xcf\x11", MEDIA_AUDIO, "Wave64", "w64", "w64"),
        MAGIC(".snd\x00\x00", MEDIA_AUDIO, "AU", "au", "au"),
        MAGIC("MAC ", MEDIA_AUDIO, "Monkey's Audio", "ape", "ape"),
        MAGIC("TTA1", MEDIA_AUDIO, "True Audio", "tta", "tta")
#undef MAGIC
    };
    size_t i;

    for (i = 0; i < COUNT(files); i++) {
        if (has(b, len, 0, files[i].magic, files[i].size)) {
            return &files[i].sniff;
        }
    }

    return NULL;
}


/* Readers look for it in the first 1024 bytes: PDF 1.7, annex H, 3.4.1. */
static const sniff_t *
sniff_pdf(const uint8_t *b, size_t len)
{
    return memmem(b, (len < 1024) ? len : 1024, "%PDF-", 5) ? &pdf : NULL;
}


const sniff_t *
sniff(const void *bytes, size_t len)
{
    /* the surest first: what is searched for in a text comes last */
    static const sniff_t *(*const sniffers[])(const uint8_t *, size_t) = {
        sniff_mov, sniff_matroska, sniff_riff, sniff_aiff,    sniff_picture,
        sniff_ps,  sniff_magic,    sniff_midi, sniff_id3,     sniff_audio,
        sniff_ts,  sniff_mxl,      sniff_pdf,  sniff_musicxml
    };
    const sniff_t *found;
    size_t i;

    if (len > SNIFF_SIZE) {
        len = SNIFF_SIZE;
    }

    for (i = 0; len > 0 && i < COUNT(sniffers); i++) {
        found = sniffers[i](bytes, len);
        if (found != NULL) {
            return found;
        }
    }

    return NULL;
}


/* ID3v2.4.0, 3.1: "ID3", version (2), flags (1), size (4, of 7 bits each) of
   what follows these ten bytes; a flag says that ten more close it. */
size_t
sniff_tag(const void *bytes, size_t len)
{
    static const uint8_t footer = 0x10;
    const uint8_t *b = bytes;

    if (!HAS(0, "ID3") || len < 10 || b[3] == 0xff || b[4] == 0xff
        || ((b[6] | b[7] | b[8] | b[9]) & 0x80)) {
        return 0;
    }

    return 10
           + ((size_t) b[6] << 21 | (size_t) b[7] << 14 | (size_t) b[8] << 7
              | b[9])
           + (b[5] & footer ? 10 : 0);
}


/* Tools write several, one in front of the other. Of what is no sound only
   MPEG-TS has such tags; and what has them and nothing that we know is MP3
   behind some bytes. */
const sniff_t *
sniff_behind_tag(const void *bytes, size_t len)
{
    const sniff_t *found;
    const uint8_t *b = bytes;
    size_t i, size;

    if (len > SNIFF_SIZE) {
        len = SNIFF_SIZE;
    }

    for (i = 0; i < SNIFF_TAGS_MAX; i++) {
        size = sniff_tag(b, len);
        if (size == 0 || size >= len) {
            break;
        }
        b += size;
        len -= size;
    }

    found = sniff_audio(b, len);
    found = found == NULL ? sniff_riff(b, len) : found;
    found = found == NULL ? sniff_aiff(b, len) : found;
    found = found == NULL ? sniff_magic(b, len) : found;
    found = found == NULL ? sniff_ts(b, len) : found;

    return found == NULL || found->kind == MEDIA_SCORE ? &mp3 : found;
}
