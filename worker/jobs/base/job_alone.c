#include "worker/base/clock.h"
#include "job.h"

#define JOB_ALONE_WAIT_MS 500
#define JOB_ALONE_PATIENCE 60 /* waits, twice the time a lease lasts */


job_outcome_t
job_alone(job_t *job)
{
    int i, held = 1;
    queue_rc_t rc;

    for (i = 0; held > 0; i++) {
        if (i == JOB_ALONE_PATIENCE) {
            return job_end(job, JOB_AGAIN, "Another job does not let go.");
        }
        if (i > 0) {
            clock_sleep(JOB_ALONE_WAIT_MS);
        }
        if (job_beat(job) != 0) {
            return job->interrupted;
        }

        rc = queue_cancel_others(job->queue, job->id, &held);
        if (rc == QUEUE_AWAY) {
            held = 1;
        } else if (rc != QUEUE_OK) {
            return job_end(job, JOB_AGAIN, "The database refused to answer.");
        }
    }

    return JOB_DONE;
}
