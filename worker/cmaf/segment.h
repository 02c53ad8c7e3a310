/* Where a track is cut: a segment is one fragment. Pure. */

#ifndef SLUICE_SEGMENT_H
#define SLUICE_SEGMENT_H

#include <stddef.h>
#include <stdint.h>
#include "sample.h"

#define SEGMENT_MAX 65535 /* references of a sidx have 16 bits */

typedef struct {
    size_t first, count; /* of its samples in the table */
    int64_t decoded;     /* ticks: when the first one is */
    int64_t begin;       /* ticks: when the earliest one is shown */
    uint64_t duration;   /* ticks, until the next segment's begins */
    uint64_t bytes;      /* of its samples */
    int open; /* pictures that are shown before its first one need others that
                 are not in it, for all we know */
} segment_t;

typedef struct {
    int video;
    uint32_t timescale;
    double seconds; /* that a segment is to last */
    size_t from;    /* first sample */
    int64_t begin;  /* ticks: when that is decoded */
    int64_t end;    /* ticks: when the last one shown ends */
} segment_aim_t;

typedef struct {
    segment_t *segment; /* to free() */
    size_t count, room;
} segments_t;

/* Cuts a picture in front of key frames, `seconds` or more behind the last cut,
   sound in front of any sample, by a grid of `seconds`. 0, or -1 with a
   sentence for the log: the first picture is no key frame, or there are too
   many segments. */
int segment_cut(const segment_aim_t *aim, const samples_t *samples,
                segments_t *segments, char *why, size_t why_size);

#endif
