#include <string.h>
#include <unistd.h>
#include "worker/base/aside.h"
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/base/pulse.h"
#include "worker/store/store.h"
#include "job.h"

/* Arguments of what is done there. */
typedef struct {
    const job_t *job;
    const char *name;
    int files;
} job_disk_args_t;


/* Who has to leave, or has lost the job, still waits for the disk. */
static void
job_disk_beat(void *data)
{
    job_t *job = data;

    if (job->interrupted != JOB_DONE) {
        pulse_beat();
    } else if (job_beat(job) != 0) {
        store_hurry(1);
    }
}


job_outcome_t
job_disk(job_t *job, int (*work)(void *data), void *data, const char *doing)
{
    int rc;

    job->interrupted = JOB_DONE;
    store_hurry(0);
    rc = aside_run(work, data, job_disk_beat, job);

    if (job->interrupted != JOB_DONE) {
        return job->interrupted;
    }

    return rc == 0 ? JOB_DONE : job_errno(job, doing);
}


static int
job_disk_close(void *data)
{
    return close(*(const int *) data);
}


void
job_close(job_t *job, int fd)
{
    if (fd != -1) {
        (void) aside_run(job_disk_close, &fd, job_disk_beat, job);
    }
}


static int
job_disk_settle(void *data)
{
    const job_disk_args_t *args = data;

    return store_settle(args->job->work, args->name);
}


job_outcome_t
job_settle(job_t *job, const char *name)
{
    job_disk_args_t args = { .job = job, .name = name };

    return job_disk(job, job_disk_settle, &args,
                    "writing what was made to disk");
}


static int
job_disk_publish(void *data)
{
    const job_disk_args_t *args = data;

    return store_publish(args->job->config, args->job->media, args->job->work,
                         args->name);
}


job_outcome_t
job_publish(job_t *job, const char *name)
{
    job_outcome_t outcome;
    job_disk_args_t args = { .job = job, .name = name };

    /* Nothing slow stands between this answer and the renaming. */
    outcome = job_confirm(job);

    return outcome == JOB_DONE
               ? job_disk(job, job_disk_publish, &args, "publishing")
               : outcome;
}


job_outcome_t
job_publish_file(job_t *job, const char *name)
{
    job_outcome_t outcome = job_settle(job, name);

    return outcome == JOB_DONE ? job_publish(job, name) : outcome;
}


static int
job_disk_settle_folder(void *data)
{
    const job_disk_args_t *args = data;

    return store_settle_folder(args->job->work, args->name, args->files);
}


job_outcome_t
job_publish_folder(job_t *job, const char *name, int files)
{
    job_outcome_t outcome;
    job_disk_args_t args = { .job = job, .name = name, .files = files };

    outcome = job_disk(job, job_disk_settle_folder, &args,
                       "writing what was made to disk");

    return outcome == JOB_DONE ? job_publish(job, name) : outcome;
}


static int
job_disk_keep(void *data)
{
    const job_t *job = ((job_disk_args_t *) data)->job;

    return store_keep_original(job->config, job->media, job->input,
                               job->sniff->extension);
}


job_outcome_t
job_keep(job_t *job)
{
    job_disk_args_t args = { .job = job };

    return job_disk(job, job_disk_keep, &args,
                    "moving the file into the store");
}


static int
job_disk_erase(void *data)
{
    return file_erase(((job_disk_args_t *) data)->job->work);
}


/* What becomes of the job is known by now, and stays so. */
void
job_erase(job_t *job)
{
    char said[JOB_ERROR_SIZE];
    job_disk_args_t args = { .job = job };

    memcpy(said, job->error, sizeof(said));

    if (job_disk(job, job_disk_erase, &args, "clearing up") == JOB_AGAIN) {
        log_write(LOG_WARN, "job %s %s: %s stays: %s", job->kind, job->id,
                  job->work, job->error);
    }

    memcpy(job->error, said, sizeof(said));
}
