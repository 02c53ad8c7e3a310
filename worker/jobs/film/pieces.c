#include <string.h>
#include "worker/media/cuts.h"
#include "pieces.h"


job_outcome_t
pieces_params(job_t *job, const char **run, int *of)
{
    json_int_t count;
    const json_t *params = json_object_get(job->row, "params");

    *run = json_string_value(json_object_get(params, "run"));
    count = json_integer_value(json_object_get(params, "of"));

    if (json_object_get(params, "forgotten") != NULL) {
        return job_end(job, JOB_BAD,
                       "The other pieces of the film are gone by now.");
    }

    if (*run == NULL || !uuid_valid(*run, strlen(*run)) || count < 1
        || count > CUTS_MAX) {
        return job_end(job, JOB_BAD, "The job's params make no sense.");
    }

    *of = (int) count;
    return JOB_DONE;
}
