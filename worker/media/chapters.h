/* The chapters of a film or a recording. Pure. */

#ifndef SLUICE_CHAPTERS_H
#define SLUICE_CHAPTERS_H

#include <jansson.h>

#define CHAPTERS_MAX 300
#define CHAPTERS_TITLE_SIZE 121 /* bytes */

typedef struct {
    double start, end; /* seconds of the film */
    char title[CHAPTERS_TITLE_SIZE];
} chapter_t;

typedef struct {
    int count;
    chapter_t list[CHAPTERS_MAX];
} chapters_t;

/* Reads ffprobe's `chapters`. `zero` is where the film begins on the file's
   clock (where they begin before that, they have one of their own), `duration`
   its seconds: what lies outside is cut off or left out, what
   lies over the next one ends there. One without a title has its number. */
void chapters_read(chapters_t *chapters, const json_t *rows, double zero,
                   double duration);

/* [{start, end, title}], new; NULL when there are none. */
json_t *chapters_tell(const chapters_t *chapters);

/* The same in WebVTT, terminated, to free(); NULL when there are none, or no
   memory. */
char *chapters_vtt(const chapters_t *chapters);

#endif
