#define _GNU_SOURCE /* memmem */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/fail.h"
#include "playlist.h"

#define PLAYLIST_LINE_MAX 1024
#define PLAYLIST_RATE_MAX 1e15 /* bits a second: beyond all measure */
#define PLAYLIST_SECONDS "#EXTINF:"
#define PLAYLIST_TARGET "#EXT-X-TARGETDURATION:"

/* What is known while the lines go by. */
typedef struct {
    const char *file;
    playlist_t *playlist;
    uint64_t end;   /* of the last range */
    uint64_t range; /* bytes of the one announced, 0: none */
    double seconds; /* of the segment announced, < 0: none */
    int header, map, ended;
} playlist_state_t;

/* Whose lines become longer, and by how many seconds. */
typedef struct {
    const char *first, *last;
    double head, tail;
} playlist_ends_t;


static int playlist_line(playlist_state_t *state, const char *line, char *err,
                         size_t err_size);
static int playlist_tag(const char *line, char *err, size_t err_size);
static int playlist_map(playlist_state_t *state, const char *attributes,
                        char *err, size_t err_size);
static int playlist_range(playlist_state_t *state, const char *range, char *err,
                          size_t err_size);
static int playlist_segment(playlist_state_t *state, const char *uri, char *err,
                            size_t err_size);
static uint64_t playlist_rate(uint64_t bytes, double seconds);
static const unsigned char *playlist_box(const void *init, size_t len,
                                         const char *name, size_t needed);
static int playlist_aac_type(const unsigned char *esds, size_t len);


int
playlist_check(const char *text, size_t len, const char *file,
               uint64_t file_size, playlist_t *playlist, char *err,
               size_t err_size)
{
    char line[PLAYLIST_LINE_MAX];
    size_t size;
    const char *stop, *end = text + len;
    playlist_state_t state = { .file = file,
                               .playlist = playlist,
                               .seconds = -1 };

    memset(playlist, 0, sizeof(*playlist));

    for (/* void */; text < end; text = stop + 1) {
        stop = memchr(text, '\n', (size_t) (end - text));
        stop = stop ? stop : end;
        size = (size_t) (stop - text);

        if (size >= sizeof(line)) {
            return fail_because(err, err_size, "a line is too long");
        }
        memcpy(line, text, size);
        line[size] = '\0';

        if (playlist_line(&state, line, err, err_size) != 0) {
            return -1;
        }
    }

    if (!state.header || !state.map || !state.ended || playlist->segments == 0
        || state.range != 0 || state.seconds >= 0) {
        return fail_because(err, err_size, "the playlist is not complete");
    }
    if (state.end != file_size) {
        return fail_because(
            err, err_size, "the ranges end at %" PRIu64 " of %" PRIu64 " bytes",
            state.end, file_size);
    }
    if (!(playlist->duration > 0)) {
        return fail_because(err, err_size, "the playlist plays no time");
    }

    playlist->average_rate = playlist_rate(file_size - playlist->map_size,
                                           playlist->duration);
    if (playlist->peak_rate < playlist->average_rate) {
        playlist->peak_rate = playlist->average_rate;
    }
    return 0;
}


static int
playlist_line(playlist_state_t *state, const char *line, char *err,
              size_t err_size)
{
    if (!state->header) {
        state->header = strcmp(line, "#EXTM3U") == 0;
        return state->header ? 0
                             : fail_because(err, err_size, "no #EXTM3U first");
    }

    if (strncmp(line, "#EXT-X-MAP:", 11) == 0) {
        return playlist_map(state, line + 11, err, err_size);
    }
    if (strncmp(line, "#EXT-X-BYTERANGE:", 17) == 0) {
        return playlist_range(state, line + 17, err, err_size);
    }
    if (strncmp(line, PLAYLIST_SECONDS, strlen(PLAYLIST_SECONDS)) == 0) {
        state->seconds = strtod(line + strlen(PLAYLIST_SECONDS), NULL);
        return 0;
    }
    if (strcmp(line, "#EXT-X-ENDLIST") == 0) {
        state->ended = 1;
        return 0;
    }
    if (*line == '#') {
        return playlist_tag(line, err, err_size);
    }

    return playlist_segment(state, line, err, err_size);
}


/* Players follow what tags such as EXT-X-KEY name: only those pass that ffmpeg
   has reason to write. */
static int
playlist_tag(const char *line, char *err, size_t err_size)
{
    size_t i;
    static const char *const tags[] = { "#EXT-X-VERSION:", PLAYLIST_TARGET,
                                        "#EXT-X-MEDIA-SEQUENCE:",
                                        "#EXT-X-PLAYLIST-TYPE:" };

    for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        if (strncmp(line, tags[i], strlen(tags[i])) == 0) {
            return 0;
        }
    }

    return fail_because(err, err_size, "unexpected tag: %s", line);
}


/* URI="720p.mp4",BYTERANGE="1356@0" */
static int
playlist_map(playlist_state_t *state, const char *attributes, char *err,
             size_t err_size)
{
    char expected[PLAYLIST_LINE_MAX];
    uint64_t size = 0;
    const char *range;

    range = strstr(attributes, "BYTERANGE=\"");
    if (range != NULL) {
        size = strtoull(range + 11, NULL, 10);
    }
    snprintf(expected, sizeof(expected),
             "URI=\"%s\",BYTERANGE=\"%" PRIu64 "@0\"", state->file, size);

    if (state->map || size == 0 || strcmp(attributes, expected) != 0) {
        return fail_because(err, err_size, "bad map: %s", attributes);
    }

    state->map = 1;
    state->end = state->playlist->map_size = size;
    return 0;
}


static int
playlist_range(playlist_state_t *state, const char *range, char *err,
               size_t err_size)
{
    uint64_t size, at;

    if (sscanf(range, "%" SCNu64 "@%" SCNu64, &size, &at) != 2 || size == 0) {
        return fail_because(err, err_size, "bad range: %s", range);
    }
    if (at != state->end || size > UINT64_MAX - at) {
        return fail_because(err, err_size,
                            "range %s does not follow byte %" PRIu64, range,
                            state->end);
    }

    state->range = size;
    return 0;
}


static int
playlist_segment(playlist_state_t *state, const char *uri, char *err,
                 size_t err_size)
{
    uint64_t rate;
    playlist_t *playlist = state->playlist;

    if (strcmp(uri, state->file) != 0 || state->range == 0
        || !(state->seconds >= 0) || !isfinite(state->seconds)) {
        return fail_because(err, err_size, "bad segment: %s", uri);
    }

    /* a last segment of a frame or two says little about the rate */
    if (state->seconds >= 1 || playlist->peak_rate == 0) {
        rate = playlist_rate(state->range,
                             state->seconds > 0 ? state->seconds : 1);
        playlist->peak_rate = rate > playlist->peak_rate ? rate
                                                         : playlist->peak_rate;
    }

    state->end += state->range;
    playlist->duration += state->seconds;
    playlist->longest = fmax(playlist->longest, state->seconds);
    playlist->segments++;
    state->range = 0;
    state->seconds = -1;
    return 0;
}


/* What a line says a segment lasts, and is to; < 0: it is no such line. */
static double
playlist_stretched(const char *line, const playlist_ends_t *ends)
{
    if (strncmp(line, PLAYLIST_SECONDS, strlen(PLAYLIST_SECONDS)) != 0) {
        return -1;
    }

    return strtod(line + strlen(PLAYLIST_SECONDS), NULL)
           + (line == ends->first ? ends->head : 0)
           + (line == ends->last ? ends->tail : 0);
}


static const char *
playlist_next(const char *line)
{
    const char *end = strchr(line, '\n');

    return end ? end + 1 : line + strlen(line);
}


char *
playlist_stretch(const char *text, double head, double tail)
{
    char *out = NULL;
    size_t size;
    double seconds, longest = 0;
    FILE *stream;
    const char *line;
    playlist_ends_t ends = { .head = head, .tail = tail };

    for (line = text; *line; line = playlist_next(line)) {
        if (playlist_stretched(line, &ends) >= 0) {
            ends.first = ends.first ? ends.first : line;
            ends.last = line;
        }
    }
    for (line = text; *line; line = playlist_next(line)) {
        longest = fmax(longest, playlist_stretched(line, &ends));
    }

    stream = open_memstream(&out, &size);
    if (stream == NULL) {
        return NULL;
    }

    for (line = text; *line; line = playlist_next(line)) {
        seconds = playlist_stretched(line, &ends);

        if (seconds >= 0) {
            fprintf(stream, PLAYLIST_SECONDS "%f,\n", seconds);
        } else if (strncmp(line, PLAYLIST_TARGET, strlen(PLAYLIST_TARGET))
                   == 0) {
            /* of EXTINF when it is rounded: RFC 8216, 4.3.3.1 */
            fprintf(stream, PLAYLIST_TARGET "%ld\n", lround(longest));
        } else {
            fwrite(line, 1, (size_t) (playlist_next(line) - line), stream);
        }
    }

    if (fclose(stream) != 0) {
        free(out);
        return NULL;
    }

    return out;
}


static uint64_t
playlist_rate(uint64_t bytes, double seconds)
{
    return (uint64_t) fmin((double) bytes * 8 / seconds, PLAYLIST_RATE_MAX);
}


int
playlist_master(const playlist_variant_t *variant, char *text, size_t size)
{
    int n;
    char picture[64] = "", rate[32] = "";

    if (variant->width > 0) {
        snprintf(picture, sizeof(picture), ",RESOLUTION=%dx%d", variant->width,
                 variant->height);
    }
    if (variant->frame_rate > 0) {
        snprintf(rate, sizeof(rate), ",FRAME-RATE=%.3f", variant->frame_rate);
    }

    n = snprintf(text, size,
                 "#EXTM3U\n"
                 "#EXT-X-VERSION:7\n"
                 "#EXT-X-INDEPENDENT-SEGMENTS\n"
                 "#EXT-X-STREAM-INF:BANDWIDTH=%" PRIu64
                 ",AVERAGE-BANDWIDTH=%" PRIu64 ",CODECS=\"%s\"%s%s\n"
                 "%s\n",
                 variant->peak_rate, variant->average_rate, variant->codecs,
                 picture, rate, variant->uri);

    return n > 0 && (size_t) n < size ? n : -1;
}


int
playlist_codecs(const void *init, size_t len, int video, int audio,
                char *codecs, size_t size)
{
    int type;
    size_t left, used = 0;
    const unsigned char *box;

    *codecs = '\0';

    /* avcC: version, profile, constraints, level (ISO/IEC 14496-15, 5.3.3) */
    if (video) {
        box = playlist_box(init, len, "avcC", 4);
        if (box == NULL) {
            return -1;
        }
        used = (size_t) snprintf(codecs, size, "avc1.%02x%02x%02x", box[1],
                                 box[2], box[3]);
    }

    if (audio) {
        box = playlist_box(init, len, "esds", 0);
        left = box ? len - (size_t) (box - (const unsigned char *) init) : 0;
        type = box ? playlist_aac_type(box, left) : -1;
        if (type < 0 || used >= size) {
            return -1;
        }
        snprintf(codecs + used, size - used, "%smp4a.40.%d", used ? "," : "",
                 type);
    }

    return 0;
}


/* What stands behind the name of the first such box. */
static const unsigned char *
playlist_box(const void *init, size_t len, const char *name, size_t needed)
{
    const unsigned char *found, *end = (const unsigned char *) init + len;

    found = memmem(init, len, name, 4);
    return found != NULL && (size_t) (end - found) >= 4 + needed ? found + 4
                                                                 : NULL;
}


/* DecoderSpecificInfo (tag 5, a size of one to four bytes of seven bits) begins
   with the audio object type in five bits: ISO/IEC 14496-1, 7.2.6, and
   14496-3, 1.6.2.1. */
static int
playlist_aac_type(const unsigned char *esds, size_t len)
{
    size_t i, size_end;
    const size_t reach = 64; /* the descriptor in front has 25 to 40 bytes */

    /* DecoderConfigDescriptor (tag 4) with objectTypeIndication 0x40 */
    for (i = 4; i + 1 < len && i < reach; i++) {
        if (esds[i] != 0x04) {
            continue;
        }
        for (size_end = i + 1; size_end < len && (esds[size_end] & 0x80);
             size_end++) {
            /* void */
        }
        if (size_end + 14 >= len || esds[size_end + 1] != 0x40
            || esds[size_end + 14] != 0x05) {
            continue;
        }
        for (i = size_end + 15; i < len && (esds[i] & 0x80); i++) {
            /* void */
        }
        return i + 1 < len ? esds[i + 1] >> 3 : -1;
    }

    return -1;
}
