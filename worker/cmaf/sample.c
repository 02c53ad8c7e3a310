#include <stdlib.h>
#include "sample.h"

#define SAMPLE_ROOM 1024


int
sample_add(samples_t *samples, const sample_t *sample)
{
    size_t room;
    sample_t *grown;

    if (samples->count == SAMPLE_MAX) {
        return -1;
    }

    if (samples->count == samples->room) {
        room = samples->room > 0 ? 2 * samples->room : SAMPLE_ROOM;
        grown = realloc(samples->sample, room * sizeof(*grown));
        if (grown == NULL) {
            return -1;
        }
        samples->sample = grown;
        samples->room = room;
    }

    samples->sample[samples->count++] = *sample;
    return 0;
}
