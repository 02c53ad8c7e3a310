/* What becomes of a film or of a piece of music that was recorded. */

#ifndef SLUICE_FILM_H
#define SLUICE_FILM_H

#include "worker/jobs/base/job.h"

/* Looks into the upload, keeps it, and has the other two follow; a score is
   handed on. */
job_outcome_t probe_run(job_t *job);

/* Seconds that it lasts, as that has found; 0: it is not known. */
double film_duration(const job_t *job);

/* Makes it playable: one rendition in HLS. */
job_outcome_t package_run(job_t *job);

/* Takes a picture from it. */
job_outcome_t poster_run(job_t *job);

#endif
