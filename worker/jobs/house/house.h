/* The jobs that clean up, and what they share: they ask the record through
   sql/house/housekeeping.sql. */

#ifndef SLUICE_HOUSE_H
#define SLUICE_HOUSE_H

#include "worker/jobs/base/job.h"

/* Uploads that nobody came back for in time. */
job_outcome_t expire_run(job_t *job);

/* Files that no row knows. */
job_outcome_t orphans_run(job_t *job);

/* Rows that are old enough to go. */
job_outcome_t prune_run(job_t *job);

/* Originals, read again and compared with what came. */
job_outcome_t scrub_run(job_t *job);

/* A file that somebody asked for, and that lies in a bucket's archive. */
job_outcome_t restore_run(job_t *job);

/* All of a media that somebody deleted. JOB_ERASED. */
job_outcome_t remove_run(job_t *job);


/* for those functions */

/* A number of the job's params: `otherwise` when it is missing, and no less
   than `least`. */
json_int_t house_number(const job_t *job, const char *name,
                        json_int_t otherwise, json_int_t least);

/* Adds to a number of the job's result. */
void house_count(job_t *job, const char *name, json_int_t more);

#endif
