/* When samples are decoded: the first one when it is shown, so that no edit
   list is needed, and none later than it is shown, as ffmpeg puts tracks with
   negative composition offsets beside the others. Pictures that are needed
   early share the time before the next one that is shown. Pure. */

#ifndef SLUICE_TIMING_H
#define SLUICE_TIMING_H

#include <stddef.h>
#include <stdint.h>
#include "piece.h"
#include "sample.h"

typedef struct {
    int64_t start; /* microseconds of the film's zero on the clock of its IN */
    int64_t end;   /* those of its end; `start`: where it ends by itself */
} timing_film_t;

typedef struct {
    size_t from;   /* the first sample that is used: sound before 0 is not */
    int64_t begin; /* ticks: when that one is decoded, >= 0 */
    int64_t end;   /* ticks: when the last one that is shown ends */
} timing_t;

/* Sets `shown` of all samples to ticks since the film's zero, and `duration` to
   what lies between two decodings; the last one of a piece lasts until the
   first one of the next. The first picture is shown from 0 on, and the last one
   until the film's end. 0, or -1 with a sentence for the log: pieces overlap,
   or times make no sense. */
int timing_settle(const timing_film_t *film, const piece_t *pieces, size_t n,
                  samples_t *samples, timing_t *timing, char *why,
                  size_t why_size);

#endif
