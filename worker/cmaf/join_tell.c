#include <inttypes.h>
#include <string.h>
#include "join.h"

#define JOIN_STEP_MAX 8192 /* ticks */


/* The segment with the most pictures a second, of those that last for one, or
   of all: how fast a player must be. */
static const segment_t *
join_densest(const join_t *join)
{
    size_t i;
    const segment_t *segment = join->segments.segment, *found = NULL;

    for (i = 0; i < join->segments.count; i++) {
        if ((segment[i].duration >= join->piece[0].timescale
             || join->segments.count == 1)
            && (found == NULL
                || segment[i].count * found->duration
                       > found->count * segment[i].duration)) {
            found = &segment[i];
        }
    }

    return found;
}


/* Ticks from one sample of sound to the next: as they mostly are, and at most.
   How long the last one is, nobody else says. */
static void
join_tell_steps(const join_t *join, FILE *out)
{
    static uint32_t seen[JOIN_STEP_MAX + 1];
    uint32_t step, usual = 0, longest = 0;
    size_t i;
    const samples_t *samples = &join->samples;

    memset(seen, 0, sizeof(seen));
    for (i = join->timing.from; i + 1 < samples->count; i++) {
        step = samples->sample[i].duration;
        longest = step > longest ? step : longest;
        seen[step < JOIN_STEP_MAX ? step : JOIN_STEP_MAX]++;
    }

    for (step = 1; step <= JOIN_STEP_MAX; step++) {
        usual = seen[step] > seen[usual] ? step : usual;
    }

    if (usual > 0) {
        fprintf(out, "steps %" PRIu32 " %" PRIu32 "\n", usual, longest);
    }
}


void
join_tell(const join_t *join, FILE *out)
{
    int open = 0;
    size_t i;
    uint64_t at;
    const segment_t *segment = join->segments.segment;
    const segment_t *densest = join->piece[0].video ? join_densest(join) : NULL;

    fprintf(out, "track %s %u %zu %" PRId64 " %" PRId64 "\n",
            join->piece[0].video ? "video" : "audio", join->piece[0].timescale,
            join->samples.count - join->timing.from, segment[0].begin,
            join->timing.end);
    fprintf(out, "codecs %s\n", join->codecs);

    for (i = 0; i < join->segments.count; i++) {
        open |= segment[i].open;
    }
    if (open) {
        fputs("open\n", out);
    }

    if (densest != NULL) {
        fprintf(out, "densest %zu %" PRIu64 "\n", densest->count,
                densest->duration);
    }

    if (!join->piece[0].video) {
        join_tell_steps(join, out);
    }

    fprintf(out, "init %zu\nindex %zu %zu\n", join->init, join->init,
            join->index);

    at = join->init + join->index;
    for (i = 0; i < join->segments.count; i++) {
        fprintf(out,
                "segment %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", at,
                join->size[i], segment[i].duration, join_key(join, i));
        at += join->size[i];
    }
}
