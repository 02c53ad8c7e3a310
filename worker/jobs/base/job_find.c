#include <errno.h>
#include <stddef.h>
#include "worker/store/store.h"
#include "job.h"

typedef struct {
    const job_t *job;
    const char *media;
    const char *attachment; /* or a file's name; NULL: the original */
    char *path;
    int error;
} job_find_t;


static int
job_find_original_now(void *data)
{
    int rc;
    job_find_t *find = data;

    rc = store_find_original(find->job->config, find->media, find->path);
    find->error = rc == 0 ? 0 : errno;
    return rc;
}


static int
job_find_attachment_now(void *data)
{
    int rc;
    job_find_t *find = data;

    rc = store_find_attachment(find->job->config, find->media, find->attachment,
                               find->path);
    find->error = rc == 0 ? 0 : errno;
    return rc;
}


static int
job_find_file_now(void *data)
{
    const job_find_t *find = data;

    return store_find_file(find->job->config, find->media, find->attachment,
                           find->path);
}


job_outcome_t
job_find_original(job_t *job, const char *media, char path[PATH_MAX],
                  int *error)
{
    job_outcome_t outcome;
    job_find_t find = { .job = job, .media = media, .path = path };

    outcome = job_disk(job, job_find_original_now, &find,
                       "looking for the uploaded file");
    if (error != NULL) {
        *error = find.error;
    }

    return outcome;
}


job_outcome_t
job_find_attachment(job_t *job, const char *media, const char *attachment,
                    char path[PATH_MAX], int *error)
{
    job_outcome_t outcome;
    job_find_t find = {
        .job = job, .media = media, .attachment = attachment, .path = path
    };

    outcome = job_disk(job, job_find_attachment_now, &find,
                       "looking for the uploaded file");
    if (error != NULL) {
        *error = find.error;
    }

    return outcome;
}


job_outcome_t
job_find_file(job_t *job, const char *name, char path[PATH_MAX])
{
    job_find_t find = {
        .job = job, .media = job->media, .attachment = name, .path = path
    };

    return job_disk(job, job_find_file_now, &find,
                    "looking for what was made of the file");
}
