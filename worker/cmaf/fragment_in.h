/* A moof that is read: ISO/IEC 14496-12, 8.8. Pure. */

#ifndef SLUICE_FRAGMENT_IN_H
#define SLUICE_FRAGMENT_IN_H

#include <stddef.h>
#include <stdint.h>
#include "box.h"
#include "sample.h"

typedef struct {
    uint32_t duration, size, flags;
} fragment_defaults_t;

typedef struct {
    uint32_t track;               /* its id */
    fragment_defaults_t defaults; /* of trex */
    uint64_t end;                 /* bytes of the file */
    uint64_t moof;                /* where this one begins in it */
    int everything;               /* is a sync sample: sound */
    int64_t decoded;              /* when the next one is, after the last */
    uint32_t last_duration;       /* of the sample read last */
    uint32_t seen;                /* samples so far */
} fragment_in_t;

/* Adds the samples of the moof's one traf to the table. 0, or -1 with a
   sentence for the log. */
int fragment_in(fragment_in_t *in, bytes_t moof, samples_t *samples, char *why,
                size_t why_size);

#endif
