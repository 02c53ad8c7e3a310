/* What scores, their pages and their attachments are made of: one file per kind
   of file. Each function reads the job's input, and draws pages into the job's
   folder unless `draw` is 0; then they only look. */

#ifndef SLUICE_SCORE_H
#define SLUICE_SCORE_H

#include "worker/jobs/job.h"

typedef struct {
    int draw;
    int first; /* the number of the first page */
    int most;  /* pages that are taken at most; 0: any */

    int pages;         /* drawn, or there to be drawn */
    int width, height; /* of a single picture; else 0 */
    json_t *about;     /* what is known of the music */
    char *text;        /* for search, or NULL */
} score_t;

/* Draws or looks, as the job's file is. JOB_DONE, or else the job's outcome
   with `error` set. score_free() in both cases. */
job_outcome_t score_make(job_t *job, score_t *score);
void score_free(score_t *score);

/* 1 for what score_make() draws pages of. */
int score_is_drawn(const sniff_t *sniff);

/* Puts what was found out about the music into the job's patch: `score`, and
   `text` for search. */
void score_tell(job_t *job, const score_t *score);

job_outcome_t score_pdf(job_t *job, score_t *score);
job_outcome_t score_tiff(job_t *job, score_t *score);
job_outcome_t score_picture(job_t *job, score_t *score);
job_outcome_t score_heic(job_t *job, score_t *score);
job_outcome_t score_musicxml(job_t *job, score_t *score);
job_outcome_t score_mxl(job_t *job, score_t *score);
job_outcome_t score_midi(job_t *job, score_t *score);


/* for those functions */

#define SCORE_PAGE_SIDE 2000 /* pixels: a page's longer side */
#define SCORE_THUMB_SIDE 400
#define SCORE_PAGE_SECONDS 20         /* of processor time, a page */
#define SCORE_RAW_MAX (256UL << 20)   /* bytes of a file of pictures */
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

void score_names(int number, score_names_t *names);

/* JOB_BAD when there are more pages than are taken. */
job_outcome_t score_count(job_t *job, const score_t *score, int pages);

/* The same for a picture of more pixels than are taken. */
job_outcome_t score_pixels(job_t *job, uint64_t width, uint64_t height);

/* Draws the pages of a PDF that the sandbox has at `path`, and reads its text
   and information. */
job_outcome_t score_draw_pdf(job_t *job, score_t *score, const char *path);

/* Looks at what a tool drew, name.png: is it whole, and in the proportions
   width : height? */
job_outcome_t score_check(job_t *job, int number, const char *name,
                          double width, double height);

#endif
