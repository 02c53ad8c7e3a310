/* The pieces of a film on their way from the slots that encode them to the one
   that joins them: folders in the media's own that nothing names. */

#ifndef SLUICE_PIECES_H
#define SLUICE_PIECES_H

#include "film.h"

#define PIECES_NAME_SIZE 96
#define PIECES_FOLDER ".pieces"

/* Which film's run a job works on, and how many pieces that has: of its params.
   JOB_DONE, or JOB_BAD when they make no sense. */
job_outcome_t pieces_params(job_t *job, const char **run, int *of);

/* ".pieces/<run>-<n>" */
void pieces_name(char name[PIECES_NAME_SIZE], const char *run, int n);

#endif
