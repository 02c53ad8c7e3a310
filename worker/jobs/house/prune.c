/* Rows that are old enough to go, some at a time: see queue.prune(). */

#include <stdlib.h>
#include "house.h"

#define PRUNE_MANY "1000" /* rows of each kind in one transaction */


static json_int_t
prune_count(job_t *job, json_t *gone)
{
    json_t *n;
    json_int_t all = 0;
    const char *name;

    json_object_foreach(gone, name, n)
    {
        house_count(job, name, json_integer_value(n));
        all += json_integer_value(n);
    }

    return all;
}


job_outcome_t
prune_run(job_t *job)
{
    char *text;
    json_t *gone;
    json_int_t many = 0;
    const char *params[2];
    job_outcome_t outcome = JOB_DONE;

    text = json_dumps(json_object_get(job->row, "params"), JSON_COMPACT);
    if (text == NULL) {
        return job_end(job, JOB_BAD, "The job does not say what to prune.");
    }
    params[0] = text;
    params[1] = PRUNE_MANY;

    do {
        outcome = job_ask(job, "select queue.prune($1::jsonb, $2::int)", 2,
                          params, &gone);
        many = outcome == JOB_DONE ? prune_count(job, gone) : 0;
        json_decref(gone);
    } while (many > 0);

    free(text);
    return outcome;
}
