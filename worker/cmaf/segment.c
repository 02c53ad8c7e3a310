#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/fail.h"
#include "segment.h"

#define SEGMENT_ROOM 64
#define SEGMENT_EARLY 0.01 /* seconds: times that were rounded */


static segment_t *
segment_add(segments_t *segments)
{
    size_t room;
    segment_t *grown;

    if (segments->count == SEGMENT_MAX) {
        return NULL;
    }
    if (segments->count == segments->room) {
        room = segments->room > 0 ? 2 * segments->room : SEGMENT_ROOM;
        grown = realloc(segments->segment, room * sizeof(*grown));
        if (grown == NULL) {
            return NULL;
        }
        segments->segment = grown;
        segments->room = room;
    }

    memset(&segments->segment[segments->count], 0, sizeof(segment_t));
    return &segments->segment[segments->count++];
}


/* What follows is shown behind what is shown before: by when each begins. */
static int
segment_measure(const segment_aim_t *aim, segments_t *segments)
{
    size_t i;
    int64_t next = aim->end;
    segment_t *segment;

    for (i = segments->count; i-- > 0; /* void */) {
        segment = &segments->segment[i];
        if (segment->begin >= next) {
            return -1;
        }
        segment->duration = (uint64_t) (next - segment->begin);
        next = segment->begin;
    }

    return 0;
}


static segment_t *
segment_begin(segments_t *segments, const sample_t *sample, size_t first,
              int64_t decoded)
{
    segment_t *segment = segment_add(segments);

    if (segment != NULL) {
        segment->first = first;
        segment->decoded = decoded;
        segment->begin = sample->shown;
    }

    return segment;
}


int
segment_cut(const segment_aim_t *aim, const samples_t *samples,
            segments_t *segments, char *why, size_t why_size)
{
    size_t i;
    const double ticks = aim->seconds * aim->timescale,
                 early = SEGMENT_EARLY * aim->timescale;
    double due = (double) aim->begin;
    int64_t decoded = aim->begin;
    segment_t *segment = NULL;
    const sample_t *sample;

    if (!samples->sample[aim->from].key) {
        return fail_because(why, why_size, "no key frame at the beginning");
    }

    for (i = aim->from; i < samples->count; i++) {
        sample = &samples->sample[i];

        if (sample->key && (double) decoded >= due - early) {
            segment = segment_begin(segments, sample, i, decoded);
            due = aim->video ? (double) decoded : due;
            due += ticks * floor(((double) decoded - due + early) / ticks + 1);
        }
        if (segment == NULL) {
            return fail_because(why, why_size, "more than %d segments",
                                SEGMENT_MAX);
        }

        if (sample->shown < segment->begin) {
            segment->begin = sample->shown;
            segment->open = 1;
        }
        segment->count++;
        segment->bytes += sample->size;
        decoded += sample->duration;
    }

    return segment_measure(aim, segments) == 0
               ? 0
               : fail_because(why, why_size, "segments out of order");
}
