#include <string.h>
#include <unistd.h>
#include "worker/store/store.h"
#include "house.h"


/* Files that were to belong to it and that nobody has looked at yet. */
static int
remove_uploads(const job_t *job)
{
    size_t i;
    const char *id;
    const json_t *uploads;

    uploads = json_object_get(json_object_get(job->row, "params"), "uploads");

    for (i = 0; i < json_array_size(uploads); i++) {
        id = json_string_value(json_array_get(uploads, i));
        if (id != NULL && uuid_valid(id, strlen(id))
            && store_remove_upload(job->config, id) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
remove_files(void *data)
{
    const job_t *job = data;

    return store_remove(job->config, job->media) == 0 ? remove_uploads(job)
                                                      : -1;
}


job_outcome_t
remove_run(job_t *job)
{
    job_outcome_t outcome;

    /* Who still works on the media learns of it with the next heartbeat, and
       must not write into a folder that is being removed. */
    outcome = job_alone(job);
    if (outcome == JOB_DONE) {
        outcome = job_disk(job, remove_files, job, "removing the files");
    }

    return outcome == JOB_DONE ? JOB_ERASED : outcome;
}
