/* What sluice-cmaf answers (worker/cmaf/main.c): where everything is in a track
   file. Pure; the lines are no more to be trusted than the films. */

#ifndef SLUICE_TRACK_H
#define SLUICE_TRACK_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define TRACK_CODECS_SIZE 96

typedef struct {
    uint64_t at, size; /* bytes */
    uint64_t duration; /* ticks */
    uint64_t key;      /* bytes to the end of its first picture; 0 of sound */
} track_segment_t;

typedef struct {
    int video, open;    /* open: not each segment can be played without the one
                           before it */
    uint32_t timescale; /* ticks a second */
    uint64_t samples;
    int64_t first, end; /* ticks since the film's zero, of what is shown */
    double rate; /* pictures a second where they are the most; 0: unknown */
    double step, step_max; /* of sound: seconds from one sample to the next, as
                              they mostly are, and at most; 0: unknown */
    char codecs[TRACK_CODECS_SIZE];      /* RFC 6381 */
    uint64_t init, index_at, index_size; /* bytes */
    track_segment_t *segment;
    size_t count;
} track_t;

/* Reads the lines about a file of `file_size` bytes, which its parts fill from
   the first to the last. 0, to track_free(); 1 when nothing was made, and `err`
   has the program's reason for the log; -1 with a reason of our own. */
int track_parse(const char *text, size_t len, uint64_t file_size,
                track_t *track, char *err, size_t err_size);

void track_free(track_t *track);

/* Seconds from the film's zero to the track's end. */
double track_duration(const track_t *track);

/* What a media playlist promises of its segments, in whole seconds: the longest
   one, rounded (RFC 8216, 4.3.3.1). The first one counts from the film's zero.
   */
unsigned track_target(const track_t *track);

/* Ticks in microseconds, to the nearest. */
int64_t track_micro(const track_t *track, int64_t ticks);

/* Sets the members of a rendition that follow from it: codecs, bandwidth (the
   peak of draft-pantos-hls-rfc8216bis, 4.4.6.2), average, iframes (the same
   peak of first pictures alone), duration, init, index, cuts
   (alike for tracks whose segments begin at the same hundredths of a second),
   and open where it is.
   0, or -1 when there is no memory. */
int track_describe(const track_t *track, json_t *about);

#endif
