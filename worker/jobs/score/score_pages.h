/* Pages, as all that draw them have them. */

#ifndef SLUICE_SCORE_PAGES_H
#define SLUICE_SCORE_PAGES_H

#include "score.h"

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

void score_pages_names(int number, score_names_t *names);

/* JOB_BAD when there are more pages than are taken. */
job_outcome_t score_pages_count(job_t *job, const score_t *score, int pages);

/* The same for a picture of more pixels than are taken. */
job_outcome_t score_pages_pixels(job_t *job, uint64_t width, uint64_t height);

/* Looks at what a tool drew, name.png: is it whole, and in the proportions
   width : height? */
job_outcome_t score_pages_check(job_t *job, int number, const char *name,
                                double width, double height);

#endif
