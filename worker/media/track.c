#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/crc32.h"
#include "core/base/fail.h"
#include "track.h"
#include "words.h"

#define TRACK_LINE_MAX 512
#define TRACK_CUTS_SIZE 9 /* of CRC-32, terminated */
#define TRACK_SEGMENTS_MAX 65535
#define TRACK_TIME_MAX (INT64_C(1) << 60)
#define TRACK_BYTES_MAX (UINT64_C(1) << 52) /* of a file */
#define TRACK_MICRO 1000000
#define TRACK_WINDOW_MAX 256 /* segments in 1.5 target durations */
#define TRACK_RATE_MAX 1e15  /* bits a second: beyond all measure */
#define TRACK_CODECS                                                 \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" \
    ".-"

typedef struct {
    track_t *track;
    uint64_t end; /* of what was told so far */
    int64_t shown;
    int begun;
    size_t room;
    char *err;
    size_t err_size;
} track_read_t;

#define TRACK_FAIL(read, ...) \
    fail_because((read)->err, (read)->err_size, __VA_ARGS__)


/* Takes a number and the blank in front of it. */
static int
track_number(const char **p, int64_t *number)
{
    char *end;

    if ((*p)[0] != ' '
        || ((*p)[1] != '-' && ((*p)[1] < '0' || (*p)[1] > '9'))) {
        return -1;
    }

    *number = strtoll(*p + 1, &end, 10);
    *p = end;
    return *number <= TRACK_TIME_MAX && *number >= -TRACK_TIME_MAX ? 0 : -1;
}


/* As many as the line has, of which none is negative. */
static int
track_numbers(const char *p, int64_t *number, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (track_number(&p, &number[i]) != 0 || number[i] < 0) {
            return -1;
        }
    }

    return *p == '\0' ? 0 : -1;
}


/* " video 12800 250 0 128000" */
static int
track_head(track_read_t *read, const char *p)
{
    int64_t n[4];
    track_t *track = read->track;

    track->video = strncmp(p, " video", 6) == 0;
    if (read->begun || (!track->video && strncmp(p, " audio", 6) != 0)
        || track_numbers(p + 6, n, 4) != 0 || n[0] == 0 || n[0] > UINT32_MAX
        || n[1] == 0 || n[2] >= n[3]) {
        return TRACK_FAIL(read, "a broken track");
    }

    read->begun = 1;
    track->timescale = (uint32_t) n[0];
    track->samples = (uint64_t) n[1];
    track->first = read->shown = n[2];
    track->end = n[3];
    return 0;
}


/* It goes into playlists. */
static int
track_codecs(track_read_t *read, const char *p)
{
    track_t *track = read->track;
    const size_t len = strlen(p);

    if (track->codecs[0] != '\0' || len < 2 || len > sizeof(track->codecs)
        || p[1 + strspn(p + 1, TRACK_CODECS)] != '\0') {
        return TRACK_FAIL(read, "broken codecs");
    }

    memcpy(track->codecs, p + 1, len);
    return 0;
}


static int
track_open(track_read_t *read, const char *p)
{
    read->track->open = 1;
    return *p == '\0' ? 0 : TRACK_FAIL(read, "a broken line");
}


static int
track_densest(track_read_t *read, const char *p)
{
    int64_t n[2];
    track_t *track = read->track;

    if (!track->video || track->rate > 0 || track_numbers(p, n, 2) != 0
        || n[0] == 0 || n[1] == 0 || (uint64_t) n[0] > track->samples) {
        return TRACK_FAIL(read, "a broken densest segment");
    }

    track->rate = (double) n[0] * track->timescale / (double) n[1];
    return 0;
}


static int
track_steps(track_read_t *read, const char *p)
{
    int64_t n[2];
    track_t *track = read->track;

    if (track->video || track->step > 0 || track_numbers(p, n, 2) != 0
        || n[0] == 0 || n[1] < n[0]) {
        return TRACK_FAIL(read, "broken steps");
    }

    track->step = (double) n[0] / track->timescale;
    track->step_max = (double) n[1] / track->timescale;
    return 0;
}


static int
track_init(track_read_t *read, const char *p)
{
    int64_t size;

    if (read->track->init != 0 || track_numbers(p, &size, 1) != 0
        || size == 0) {
        return TRACK_FAIL(read, "a broken init");
    }

    read->track->init = read->end = (uint64_t) size;
    return 0;
}


static int
track_index(track_read_t *read, const char *p)
{
    int64_t n[2];
    track_t *track = read->track;

    if (track->init == 0 || track->index_size != 0
        || track_numbers(p, n, 2) != 0 || (uint64_t) n[0] != read->end
        || n[1] == 0) {
        return TRACK_FAIL(read, "a broken index");
    }

    track->index_at = (uint64_t) n[0];
    track->index_size = (uint64_t) n[1];
    read->end += track->index_size;
    return 0;
}


static track_segment_t *
track_add(track_read_t *read)
{
    size_t room;
    track_t *track = read->track;
    track_segment_t *grown;

    if (track->count == TRACK_SEGMENTS_MAX) {
        return NULL;
    }
    if (track->count == read->room) {
        room = read->room > 0 ? 2 * read->room : 64;
        grown = realloc(track->segment, room * sizeof(*grown));
        if (grown == NULL) {
            return NULL;
        }
        track->segment = grown;
        read->room = room;
    }

    return &track->segment[track->count++];
}


static int
track_segment(track_read_t *read, const char *p)
{
    int64_t n[4];
    track_t *track = read->track;
    track_segment_t *segment;

    if (track->index_size == 0 || track_numbers(p, n, 4) != 0
        || (uint64_t) n[0] != read->end || n[1] == 0 || n[2] == 0 || n[3] > n[1]
        || (n[3] > 0) != track->video || n[2] > track->end - read->shown) {
        return TRACK_FAIL(read, "a broken segment");
    }

    segment = track_add(read);
    if (segment == NULL) {
        return TRACK_FAIL(read, "too many segments");
    }

    *segment = (track_segment_t){ (uint64_t) n[0], (uint64_t) n[1],
                                  (uint64_t) n[2], (uint64_t) n[3] };
    read->end += segment->size;
    read->shown += n[2];
    return 0;
}


static int
track_line(track_read_t *read, const char *line)
{
    size_t i;
    const size_t len = strcspn(line, " ");
    static const struct {
        const char *word;
        int (*take)(track_read_t *read, const char *rest);
    } words[] = {
        { "track", track_head },      { "codecs", track_codecs },
        { "open", track_open },       { "init", track_init },
        { "index", track_index },     { "segment", track_segment },
        { "densest", track_densest }, { "steps", track_steps },
    };

    if (len == 7 && strncmp(line, "refused", len) == 0) {
        (void) words_copy(read->err, read->err_size, line + len);
        return 1;
    }

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i].word) == len
            && strncmp(line, words[i].word, len) == 0) {
            return read->begun || i == 0
                       ? words[i].take(read, line + len)
                       : TRACK_FAIL(read, "no track at the beginning");
        }
    }

    return TRACK_FAIL(read, "a line without sense");
}


static int
track_lines(track_read_t *read, const char *text, size_t len)
{
    int rc = 0;
    char line[TRACK_LINE_MAX];
    size_t size;
    const char *stop, *end = text + len;

    for (/* void */; text < end && rc == 0; text = stop + 1) {
        stop = memchr(text, '\n', (size_t) (end - text));
        size = stop ? (size_t) (stop - text) : sizeof(line);
        if (size >= sizeof(line)) {
            return TRACK_FAIL(read, "a line without end");
        }
        memcpy(line, text, size);
        line[size] = '\0';
        rc = track_line(read, line);
    }

    return rc;
}


int
track_parse(const char *text, size_t len, uint64_t file_size, track_t *track,
            char *err, size_t err_size)
{
    int rc;
    track_read_t read = { .track = track, .err = err, .err_size = err_size };

    memset(track, 0, sizeof(*track));

    rc = track_lines(&read, text, len);
    if (rc == 0
        && (track->count == 0 || track->codecs[0] == '\0'
            || file_size > TRACK_BYTES_MAX || read.end != file_size
            || read.shown != track->end)) {
        rc = TRACK_FAIL(&read, "its parts do not fill it");
    }

    if (rc != 0) {
        track_free(track);
    }
    return rc;
}


void
track_free(track_t *track)
{
    free(track->segment);
    memset(track, 0, sizeof(*track));
}


double
track_duration(const track_t *track)
{
    return (double) track->end / track->timescale;
}


/* They may be more than a double has digits for. */
int64_t
track_micro(const track_t *track, int64_t ticks)
{
    const int64_t whole = ticks / track->timescale,
                  rest = ticks % track->timescale;

    return whole * TRACK_MICRO
           + (rest * TRACK_MICRO + track->timescale / 2) / track->timescale;
}


/* Seconds in a playlist. */
static double
track_seconds(const track_t *track, size_t segment)
{
    return ((double) track->segment[segment].duration
            + (segment == 0 ? (double) track->first : 0))
           / track->timescale;
}


unsigned
track_target(const track_t *track)
{
    size_t i;
    double longest = 1;

    for (i = 0; i < track->count; i++) {
        longest = fmax(longest, track_seconds(track, i));
    }

    return (unsigned) fmin(round(longest), INT32_MAX);
}


/* Bits a second, rounded up. */
static double
track_rate(double bytes, double seconds)
{
    return fmin(ceil(bytes * 8 / seconds), TRACK_RATE_MAX);
}


static double
track_bytes(const track_segment_t *segment, int keys)
{
    return (double) (keys ? segment->key : segment->size);
}


/* Over the whole. */
static double
track_average(const track_t *track, int keys)
{
    size_t i;
    double bytes = 0;

    for (i = 0; i < track->count; i++) {
        bytes += track_bytes(&track->segment[i], keys);
    }

    return track_rate(bytes, track_duration(track));
}


/* Over any set of segments in a row that lasts 0.5 to 1.5 target durations. */
static double
track_peak(const track_t *track, int keys)
{
    size_t i, j;
    double bytes, seconds, peak = track_average(track, keys);
    const double target = track_target(track);

    for (i = 0; i < track->count; i++) {
        bytes = seconds = 0;
        for (j = i; j < track->count && j - i < TRACK_WINDOW_MAX; j++) {
            bytes += track_bytes(&track->segment[j], keys);
            seconds += track_seconds(track, j);
            if (seconds > 1.5 * target) {
                break;
            }
            if (seconds >= 0.5 * target) {
                peak = fmax(peak, track_rate(bytes, seconds));
            }
        }
    }

    return peak;
}


/* A sum over when segments begin, in hundredths of a second. */
static void
track_cuts(const track_t *track, char cuts[TRACK_CUTS_SIZE])
{
    size_t i;
    uint32_t crc = 0;
    int64_t ticks = track->first, hundredths;

    for (i = 0; i + 1 < track->count; i++) {
        ticks += (int64_t) track->segment[i].duration;
        hundredths = (track_micro(track, ticks) + TRACK_MICRO / 200)
                     / (TRACK_MICRO / 100);
        crc = crc32_update(crc, &hundredths, sizeof(hundredths));
    }

    snprintf(cuts, TRACK_CUTS_SIZE, "%08" PRIx32, crc);
}


int
track_describe(const track_t *track, json_t *about)
{
    const double peak = track_peak(track, 0), average = track_average(track, 0);
    int failed;
    char cuts[TRACK_CUTS_SIZE];

    track_cuts(track, cuts);
    failed = json_object_set_new(about, "cuts", json_string(cuts));
    failed |= json_object_set_new(about, "codecs", json_string(track->codecs));
    failed |= json_object_set_new(about, "bandwidth",
                                  json_integer((json_int_t) peak));
    failed |= json_object_set_new(about, "average",
                                  json_integer((json_int_t) average));
    failed |= json_object_set_new(about, "duration",
                                  json_real(track_duration(track)));
    failed |= json_object_set_new(about, "init",
                                  json_integer((json_int_t) track->init));
    failed |= json_object_set_new(about, "index",
                                  json_pack("[II]",
                                            (json_int_t) track->index_at,
                                            (json_int_t) track->index_size));
    if (track->video) {
        failed |= json_object_set_new(
            about, "iframes", json_integer((json_int_t) track_peak(track, 1)));
    }
    if (track->open) {
        failed |= json_object_set_new(about, "open", json_true());
    }

    return failed ? -1 : 0;
}
