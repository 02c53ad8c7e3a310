#include "worker/base/clock.h"
#include "house.h"

#define HOUSE_WAIT_MS 500 /* between two tries to reach the server */


job_outcome_t
house_ask(job_t *job, const char *sql, int n, const char *const *params,
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

        clock_sleep(HOUSE_WAIT_MS);
    }
}


json_int_t
house_number(const job_t *job, const char *name, json_int_t otherwise,
             json_int_t least)
{
    json_int_t n = otherwise;
    const json_t *value;

    value = json_object_get(json_object_get(job->row, "params"), name);
    if (json_is_integer(value)) {
        n = json_integer_value(value);
    }

    return n < least ? least : n;
}


void
house_count(job_t *job, const char *name, json_int_t more)
{
    json_int_t n = json_integer_value(json_object_get(job->result, name));

    json_object_set_new(job->result, name, json_integer(n + more));
}
