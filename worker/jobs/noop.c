#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "worker/base/clock.h"
#include "worker/sandbox/sandbox_form.h"
#include "noop.h"

#define NOOP_STEP_MS 10


static job_outcome_t
noop_tool(job_t *job)
{
    char text[32];
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
    return job_tool(job, &tool, NULL);
}


static job_outcome_t
noop_wait(job_t *job, double seconds)
{
    double gone;
    const int64_t start = clock_now();

    while ((gone = clock_since(start)) < seconds) {
        job->progress = 99 * gone / seconds;
        if (job_beat(job) != 0) {
            return job->interrupted;
        }
        clock_sleep(NOOP_STEP_MS);
    }

    return JOB_DONE;
}


job_outcome_t
noop_run(job_t *job)
{
    double seconds;
    struct timespec now;
    json_int_t until = INT_MAX;
    const json_t *params = json_object_get(job->row, "params");
    const char *fail = json_string_value(json_object_get(params, "fail"));
    job_outcome_t outcome;

    if (!job->config->noop) {
        return job_end(job, JOB_BAD, "This worker does no jobs for tests.");
    }

    clock_gettime(CLOCK_REALTIME, &now);
    json_object_set_new(
        job->result, "began",
        json_real((double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3));

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
