#include "worker/base/clock.h"
#include "job.h"

#define JOB_ASK_WAIT_MS 500 /* between two tries to reach the server */


job_outcome_t
job_ask(job_t *job, const char *sql, int n, const char *const *params,
        json_t **answer)
{
    queue_rc_t rc;

    *answer = NULL;

    for (;;) {
        if (job_beat(job) != 0) {
            return job->interrupted;
        }

        rc = queue_ask(job->queue, sql, n, params, answer);
        if (rc == QUEUE_OK) {
            return JOB_DONE;
        }
        if (rc != QUEUE_AWAY) {
            return job_end(job, JOB_AGAIN, "The database refused to answer.");
        }

        clock_sleep(JOB_ASK_WAIT_MS);
    }
}
