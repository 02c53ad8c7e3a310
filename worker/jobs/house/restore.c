#include <stdio.h>
#include <string.h>
#include "worker/store/originals.h"
#include "house.h"

#define RESTORE_NAME_SIZE 512

typedef struct {
    const config_t *config;
    char name[RESTORE_NAME_SIZE]; /* in the bucket */
} restore_t;


static int
restore_now(void *data)
{
    restore_t *restore = data;

    return originals_reach(restore->config, restore->name);
}


/* Of a store that has moved to a folder meanwhile nothing has to come back. */
job_outcome_t
restore_run(job_t *job)
{
    int n;
    const char *name;
    restore_t restore = { .config = job->config };

    name = json_string_value(
        json_object_get(json_object_get(job->row, "params"), "name"));
    n = name == NULL
            ? -1
            : snprintf(restore.name, sizeof(restore.name), "media/%s/%s/%s",
                       uuid_shard(job->media), job->media, name);
    if (n < 0 || (size_t) n >= sizeof(restore.name)) {
        return job_end(job, JOB_BAD, "The job names no file.");
    }

    return config_has_bucket(job->config)
               ? job_disk(job, restore_now, &restore, "asking for the file")
               : JOB_DONE;
}
