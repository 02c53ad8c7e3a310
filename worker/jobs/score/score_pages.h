/* Pages, as all that draw them have them: drawn, compared with what a second
   program draws, and stood for by a mark where that did not work out. */

#ifndef SLUICE_SCORE_PAGES_H
#define SLUICE_SCORE_PAGES_H

#include "worker/media/drawn.h"
#include "score.h"

#define SCORE_PAGES_MAX 2000
#define SCORE_NUMBER_MAX 9999 /* in the name of a page's files */
#define SCORE_PAGE_SIDE 2000  /* pixels: a page's longer side */
#define SCORE_THUMB_SIDE 400
#define SCORE_CHECK_SIDE 256  /* of the second drawing */
#define SCORE_PAGE_SECONDS 20 /* of processor time, a page */
#define SCORE_BATCH 24        /* pages of one run of a tool */

/* All pages of a score have so long, and so much room. */
#define SCORE_JOB_SECONDS 1800
#define SCORE_JOB_BYTES (4ULL << 30)

#define SCORE_TEXT_MAX (256UL * 1024) /* bytes kept for search */

#define SCORE_DAMAGED "The picture cannot be read: it is damaged or cut off."

#define SCORE_STRING(x) SCORE_STRING_OF(x)
#define SCORE_STRING_OF(x) #x

/* A page in the job's folder: its picture and its thumbnail, without .png as
   pdftoppm wants it. */
typedef struct {
    char page[32];  /* pages/0001 */
    char thumb[32]; /* pages/0001.thumb */
} score_names_t;

void score_pages_names(int number, score_names_t *names);

typedef enum {
    SCORE_LEFT, /* not drawn yet */
    SCORE_DRAWN,
    SCORE_LOST
} score_state_t;

/* The pages of one file. */
typedef struct {
    job_t *job;
    score_t *score;
    const char *kind; /* for sluice-picture's check: "drawn", "sampled" */

    /* Draws pages `first` to `last` that are left, or some of them from the
       first on, each DRAWN or LOST; the second makes check/0001.png or .ppm.
       JOB_DONE, or what ends the job. */
    job_outcome_t (*draw)(void *data, int first, int last);
    job_outcome_t (*second)(void *data, int first, int last);
    void *data;

    int count;
    struct {
        double width, height; /* 0: not known */
        score_state_t state;
    } page[SCORE_PAGES_MAX];
} score_pages_t;

/* JOB_BAD when there are more pages than are taken. */
job_outcome_t score_pages_count(job_t *job, const score_t *score, int pages);

/* Draws all of them, with thumbnails, and sets `score->pages`. JOB_BAD with the
   reason for the first, unless at least one came out; what did not is told in
   `about.missing`. */
job_outcome_t score_pages_draw(score_pages_t *pages);

/* This page cannot be drawn: why, for the owner. */
void score_pages_lose(score_pages_t *pages, int index, const char *why);

/* Only tells of it, by its number in the score. */
void score_pages_miss(score_t *score, int number, const char *why);

/* Of an outcome of drawing pages from `index` on: JOB_BAD loses that one, and
   is JOB_DONE then; unless it is the disk that is to blame. */
job_outcome_t score_pages_forgive(score_pages_t *pages, int index,
                                  job_outcome_t outcome);

#endif
