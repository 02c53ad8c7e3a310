#include <string.h>
#include <unistd.h>
#include "worker/base/clock.h"
#include "worker/store/store.h"
#include "house.h"

#define REMOVE_WAIT_MS 500
#define REMOVE_PATIENCE 60 /* waits, twice the time a lease lasts */


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
    int i, held = 1;
    queue_rc_t rc;
    job_outcome_t outcome;

    /* Who still works on the media learns of it with the next heartbeat, and
       must not write into a folder that is being removed. */
    for (i = 0; held > 0; i++) {
        if (i == REMOVE_PATIENCE) {
            return job_end(job, JOB_AGAIN, "Another job does not let go.");
        }
        if (i > 0) {
            clock_sleep(REMOVE_WAIT_MS);
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

    outcome = job_disk(job, remove_files, job, "removing the files");

    return outcome == JOB_DONE ? JOB_ERASED : outcome;
}
