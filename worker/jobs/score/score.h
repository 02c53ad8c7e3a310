/* What scores, their pages and their attachments are made of: one file per kind
   of file. Each function reads the job's input, and draws pages into the job's
   folder unless `draw` is 0; then they only look. */

#ifndef SLUICE_SCORE_H
#define SLUICE_SCORE_H

#include "worker/jobs/base/job.h"

/* A score: draws its pages, and tells what it is about. */
job_outcome_t score_run(job_t *job);

/* A file that belongs to a score. */
job_outcome_t attach_run(job_t *job);

/* The files of one that was removed. */
job_outcome_t detach_run(job_t *job);


/* for those functions */

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
job_outcome_t score_picture(job_t *job, score_t *score);
job_outcome_t score_musicxml(job_t *job, score_t *score);
job_outcome_t score_mxl(job_t *job, score_t *score);
job_outcome_t score_midi(job_t *job, score_t *score);

#endif
