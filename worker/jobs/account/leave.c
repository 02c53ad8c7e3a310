#include <stdlib.h>
#include "worker/base/clock.h"
#include "account.h"

#define LEAVE_MANY "100"  /* media in one transaction */
#define LEAVE_WAIT_MS 500 /* for other jobs, between two looks */
#define LEAVE_WAITS 1200


job_outcome_t
leave_run(job_t *job)
{
    int waits = 0;
    json_t *answer;
    json_int_t left, before = -1;
    const char *params[2] = { NULL, LEAVE_MANY };
    job_outcome_t outcome;

    params[0] = json_string_value(
        json_object_get(json_object_get(job->row, "params"), "user"));
    if (params[0] == NULL) {
        return job_end(job, JOB_BAD, "The job does not say who leaves.");
    }

    for (;;) {
        outcome = job_ask(job, "select queue.leave($1::uuid, $2::int)", 2,
                          params, &answer);
        if (outcome != JOB_DONE) {
            return outcome;
        }

        left = json_integer_value(json_object_get(answer, "left"));
        json_decref(answer);

        if (left == 0) {
            return JOB_DONE;
        }

        waits = left == before ? waits + 1 : 0;
        before = left;

        if (waits == LEAVE_WAITS) {
            return job_end(job, JOB_AGAIN, "%lld files are not removed yet.",
                           (long long) left);
        }

        clock_sleep(LEAVE_WAIT_MS);
    }
}
