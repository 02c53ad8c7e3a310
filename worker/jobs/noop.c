#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "job.h"
#include "worker/sandbox/sandbox_form.h"

#define NOOP_STEP_US 10000


static job_outcome_t noop_wait(job_t *job, double seconds);
static job_outcome_t noop_tool(job_t *job);
static double noop_now(clockid_t clock);


job_outcome_t
job_noop(job_t *job)
{
    double seconds;
    json_int_t until = INT_MAX;
    const json_t *params = json_object_get(job->row, "params");
    const char *fail = json_string_value(json_object_get(params, "fail"));
    job_outcome_t outcome;

    if (!job->config->noop) {
        return job_end(job, JOB_BAD, "This worker does no jobs for tests.");
    }

    json_object_set_new(job->result, "began",
                        json_real(noop_now(CLOCK_REALTIME) * 1e6));

    if (json_is_true(json_object_get(params, "crash"))) {
        raise(SIGKILL);
    }

    seconds = json_number_value(json_object_get(params, "ms")) / 1000;
    if (json_is_true(json_object_get(params, "tool"))
        || json_is_string(json_object_get(params, "try"))) {
        outcome = job_in_folder(job, noop_tool);
    } else {
        outcome = noop_wait(job, seconds);
    }

    if (json_is_integer(json_object_get(params, "until"))) {
        until = json_integer_value(json_object_get(params, "until"));
    }

    if (outcome != JOB_DONE || fail == NULL
        || json_integer_value(json_object_get(job->row, "attempt")) >= until) {
        return outcome;
    }

    return job_end(job, strcmp(fail, "bad") == 0 ? JOB_BAD : JOB_AGAIN,
                   "It was asked to fail.");
}


static job_outcome_t
noop_wait(job_t *job, double seconds)
{
    double gone, start = noop_now(CLOCK_MONOTONIC);

    while ((gone = noop_now(CLOCK_MONOTONIC) - start) < seconds) {
        job->progress = 99 * gone / seconds;
        if (job_beat(job) != 0) {
            return job->interrupted;
        }
        usleep(NOOP_STEP_US);
    }

    return JOB_DONE;
}


static job_outcome_t
noop_tool(job_t *job)
{
    char text[32];
    job_outcome_t outcome;
    sandbox_result_t result;
    const json_t *params = json_object_get(job->row, "params");
    const char *what = json_string_value(json_object_get(params, "try"));
    const char *word = json_string_value(json_object_get(params, "word"));
    const char *const sleep[] = { "sleep", text, NULL };
    const char *const attack[] = { SANDBOX_SELF, "try", what, word ? word : "",
                                   NULL };
    const job_tool_t tool = {
        .argv = what ? attack : sleep,
        .seconds = 3600,
        .refused = "The tool did not like it.",
        .too_long = "The tool took too long.",
    };

    snprintf(text, sizeof(text), "%.3f",
             json_number_value(json_object_get(params, "ms")) / 1000);
    outcome = job_tool(job, &tool, &result);
    free(result.output);
    return outcome;
}


static double
noop_now(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}
