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
            segment = segment_add(segments);
            if (segment == NULL) {
                return fail_because(why, why_size, "more than %d segments",
                                    SEGMENT_MAX);
            }
            segment->first = i;
            segment->begin = decoded;
            segment->open = sample->shown > decoded;

            due = aim->video ? (double) decoded : due;
            while ((double) decoded >= due - early) {
                due += ticks;
            }
        }

        segment->count++;
        segment->bytes += sample->size;
        segment->duration += sample->duration;
        decoded += sample->duration;
    }

    return 0;
}
