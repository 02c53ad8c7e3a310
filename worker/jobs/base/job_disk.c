#define _GNU_SOURCE /* pthread_clockjoin_np */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include "worker/base/file.h"
#include "worker/base/log.h"
#include "worker/base/pulse.h"
#include "worker/store/store.h"
#include "job.h"

#define JOB_DISK_BEAT_NS 250000000L
#define JOB_DISK_SECOND_NS 1000000000L

typedef struct {
    int (*work)(void *data);
    void *data;
    int rc, error; /* errno */
} job_disk_t;

/* Arguments of what is done there. */
typedef struct {
    const job_t *job;
    const char *name;
    int files;
} job_disk_args_t;


static void *
job_disk_thread(void *data)
{
    job_disk_t *disk = data;

    disk->rc = disk->work(disk->data);
    disk->error = errno;
    return NULL;
}


/* A disk that is asked cannot be told to stop: who has to leave, or has lost
   the job, still waits for the answer. */
static void
job_disk_join(job_t *job, pthread_t thread)
{
    struct timespec until;

    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += JOB_DISK_BEAT_NS;
        until.tv_sec += until.tv_nsec / JOB_DISK_SECOND_NS;
        until.tv_nsec %= JOB_DISK_SECOND_NS;

        if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) == 0) {
            return;
        }

        if (job->interrupted != JOB_DONE) {
            pulse_beat();
        } else {
            job_beat(job);
        }
    }
}


job_outcome_t
job_disk(job_t *job, int (*work)(void *data), void *data, const char *doing)
{
    int rc;
    pthread_t thread;
    sigset_t all, before;
    job_disk_t disk = { .work = work, .data = data };

    job->interrupted = JOB_DONE;

    /* Signals are the slot's: its handlers set what it looks at. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&thread, NULL, job_disk_thread, &disk);
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    if (rc == 0) {
        job_disk_join(job, thread);
    } else {
        job_disk_thread(&disk);
    }

    if (job->interrupted != JOB_DONE) {
        return job->interrupted;
    }
    if (disk.rc != 0) {
        errno = disk.error;
        return job_errno(job, doing);
    }

    return JOB_DONE;
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
