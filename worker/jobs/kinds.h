/* The kinds of jobs: what each needs and who does it. */

#ifndef SLUICE_KINDS_H
#define SLUICE_KINDS_H

#include "worker/jobs/base/job.h"

#define KIND_MEDIA 1  /* it is about a media */
#define KIND_FOLDER 2 /* it needs a folder to work in */
#define KIND_BULK 4   /* nobody waits for it: its tools yield to others */
#define KIND_LONG 8   /* for slots that encode: queue.is_long() of SQL */

typedef struct {
    const char *name;
    job_outcome_t (*run)(job_t *job);
    unsigned needs;
} kind_t;

/* The row of a kind, or NULL. */
const kind_t *kinds_find(const char *name);

/* job_init() for what this worker knows: -1 also when the kind needs a media
   and the row has none. */
int kinds_init(job_t *job, const config_t *config, queue_t *queue,
               const volatile sig_atomic_t *stop, const json_t *row);

/* The names of the kinds that are long, or of those that are not, in one line;
   none of those that slots of their own do. */
#define KINDS_LINE_SIZE 512

void kinds_line(int are_long, char line[KINDS_LINE_SIZE]);

/* Runs the job as its kind wants it, unless the record says that the params are
   none for that kind: JOB_BAD. */
job_outcome_t kinds_run(job_t *job);

#endif
