/* The samples of a track: 24 bytes each, since a film of a day has five
   millions of them. Pure. */

#ifndef SLUICE_SAMPLE_H
#define SLUICE_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* A day at 60 pictures a second, and half as much again. */
#define SAMPLE_MAX 8000000

typedef struct {
    int64_t shown;     /* when it is presented, on the track's clock */
    uint64_t key : 1;  /* a sync sample */
    uint64_t at : 63;  /* where its bytes are in its IN */
    uint32_t size;     /* bytes, > 0 */
    uint32_t duration; /* until the next one is decoded */
} sample_t;

typedef struct {
    sample_t *sample; /* in the order of decoding; to free() */
    size_t count, room;
} samples_t;

/* Adds one: 0; -1 when there are too many of them, or there is no memory. */
int sample_add(samples_t *samples, const sample_t *sample);

#endif
