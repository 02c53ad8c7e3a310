/* What is made of a film or a recording, and why: of what ffprobe says. Pure.
   A stream is copied only when the result plays as the source does; else it is
   encoded. */

#ifndef SLUICE_PLAN_H
#define SLUICE_PLAN_H

#include "ffprobe.h"

#define PLAN_FILTER_SIZE 512
#define PLAN_TONE_SIZE 256

/* Seconds: a longer segment is fetched for too long before it plays. */
#define PLAN_SEGMENT_MAX 10.0

typedef struct {
    int video, audio;                        /* there is such a stream */
    const char *recode_video, *recode_audio; /* why it is; NULL: copied */
    int width, height;                       /* of the result */
    int bt709;         /* its colours are made to be that */
    double duration;   /* seconds from the first moment to the last */
    double head, tail; /* seconds that the sound has alone, where the picture
                          is copied: before it, and behind it */
    char filter[PLAN_FILTER_SIZE]; /* of the picture, when it is encoded */
} plan_t;

void plan_make(plan_t *plan, const ffprobe_t *probe);

/* Filters that make of a picture what a screen shows, each with a comma behind
   it: of fields frames, and (behind the scaling) of a high dynamic range a
   standard one. Empty where there is nothing to do. */
const char *plan_deinterlace(const ffprobe_stream_t *video);
void plan_tone_map(const ffprobe_stream_t *video, char filter[PLAN_TONE_SIZE]);

/* Once more, with the picture encoded for this reason. */
void plan_recode(plan_t *plan, const ffprobe_t *probe, const char *why);

#endif
