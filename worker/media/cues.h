/* What is read on the screen and when: of subtitles in any form, and written as
   WebVTT of our own, in which nothing of a stranger's is but words. Pure. */

#ifndef SLUICE_CUES_H
#define SLUICE_CUES_H

#include <stddef.h>

#define CUES_MAX 20000            /* of a film */
#define CUES_TEXT_MAX 4096        /* bytes of one, with its marks */
#define CUES_VTT_MAX (640U << 10) /* bytes of all */

typedef struct {
    double start, end;  /* seconds */
    size_t text, len;   /* in `words` */
    int align;          /* where on the screen, as on a telephone's keys turned
                           around: 1 to 9; 2: below, in the middle */
    char settings[100]; /* of WebVTT, with a blank before each; or empty */
} cue_t;

typedef struct {
    cue_t *list;
    size_t count, size;
    char *words;
    size_t len, room;
    int full; /* some did not fit, or there was no memory */
} cues_t;

void cues_init(cues_t *cues);
void cues_free(cues_t *cues);

/* Adds one whose text is marked up already (cue_text.h), with `settings` of
   WebVTT, or NULL. What has no text, or no time, is none. */
void cues_add(cues_t *cues, double start, double end, int align,
              const char *settings, const char *text, size_t len);

/* Writes those of them that begin before `duration` (seconds; 0: all), earlier
   by `zero`, in the order of their beginnings; the same one twice is written
   once. Terminated, to free(), and how many they are; NULL when there are none,
   no memory, or more than fits: then `full` is set. */
char *cues_vtt(cues_t *cues, double zero, double duration, size_t *count);

#endif
