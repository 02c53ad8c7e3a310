/* The pieces of a film on their way from the slots that encode them to the one
   that joins them: store_piece(). */

#ifndef SLUICE_PIECES_H
#define SLUICE_PIECES_H

#include "worker/store/store.h"
#include "film.h"

/* Which film's run a job works on, and how many pieces that has: of its params.
   JOB_DONE, or JOB_BAD when they make no sense. */
job_outcome_t pieces_params(job_t *job, const char **run, int *of);

#endif
