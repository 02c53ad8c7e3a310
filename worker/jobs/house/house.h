/* What the kinds of jobs share that clean up: expire, orphans, prune, scrub.
   They ask the record through sql/housekeeping.sql. */

#ifndef SLUICE_HOUSE_H
#define SLUICE_HOUSE_H

#include "worker/jobs/job.h"

/* Asks the record, and again as long as the server is away: what is asked may
   be repeated. JOB_DONE with the answer, to json_decref(); or the job's
   outcome. */
job_outcome_t house_ask(job_t *job, const char *sql, int n,
                        const char *const *params, json_t **answer);

/* A number of the job's params: `otherwise` when it is missing, and no less
   than `least`. */
json_int_t house_number(const job_t *job, const char *name,
                        json_int_t otherwise, json_int_t least);

/* Adds to a number of the job's result. */
void house_count(job_t *job, const char *name, json_int_t more);

#endif
