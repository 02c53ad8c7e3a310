#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "worker/base/clock.h"
#include "worker/base/pulse.h"
#include "worker/queue/cancel.h"
#include "worker/queue/stream.h"
#include "worker/store/disk.h"
#include "job.h"

#define JOB_WAIT_MS 500       /* between two tries */
#define JOB_TELL_SECONDS 0.25 /* between two messages of progress */
#define JOB_PRECISION 4       /* digits of progress */

/* A pace is one after so many seconds and percents. */
#define JOB_PACE_SECONDS 2
#define JOB_PACE_PROGRESS 1


int
job_seconds_left(double elapsed, double progress)
{
    if (elapsed < JOB_PACE_SECONDS || progress < JOB_PACE_PROGRESS) {
        return -1;
    }

    return progress < 100 ? (int) ceil(elapsed * (100 - progress) / progress)
                          : 0;
}


static int
job_left(const job_t *job)
{
    return job_seconds_left(clock_since(job->began_at), job->progress);
}


/* {"v":1,"job":…,"version":…,"state":…,"progress":…,"seconds_left":…,
   "attempt":…,"error":…}, as api.job_event() has it */
void
job_tell(job_t *job, const char *state)
{
    int left = strcmp(state, "running") == 0 ? job_left(job) : -1;
    char *text = NULL;
    json_t *message;

    if (job->stream == NULL) {
        return;
    }

    job->told_at = clock_now();
    job->told_progress = job->progress;

    message = json_pack("{s:i, s:s, s:I, s:s, s:f, s:o, s:O?, s:s?}", "v", 1,
                        "job", job->id, "version", job->version, "state", state,
                        "progress", round(job->progress * 10) / 10,
                        "seconds_left",
                        left >= 0 ? json_integer(left) : json_null(), "attempt",
                        json_object_get(job->row, "attempt"), "error",
                        *job->error ? job->error : NULL);
    if (message != NULL) {
        text = json_dumps(message,
                          JSON_COMPACT | JSON_REAL_PRECISION(JOB_PRECISION));
    }
    if (text != NULL) {
        stream_publish(job->stream, "sluice:progress", text);
    }

    free(text);
    json_decref(message);
}


int
job_beat(void *data)
{
    double seconds;
    job_t *job = data;

    pulse_beat();
    job->disk_failed |= job->work[0] != '\0' && disk_full(job->work);

    if (*job->stop) {
        job->interrupted = JOB_STOPPED;
        return 1;
    }

    if (job->seconds_max > 0 && clock_since(job->began_at) > job->seconds_max) {
        job->interrupted = job_end(job, JOB_BAD,
                                   "The work took longer than %.0f s.",
                                   job->seconds_max);
        return 1;
    }

    seconds = clock_since(job->beat_at);
    if (seconds < QUEUE_BEAT_SECONDS
        && (seconds < 1 || job->progress < job->beat_progress + 1)
        && !cancel_heard(job->cancel, job->id)) {
        if (job->progress > job->told_progress
            && clock_since(job->told_at) >= JOB_TELL_SECONDS) {
            job_tell(job, "running");
        }
        return 0;
    }

    job->beat_at = clock_now();
    job->beat_progress = job->progress;

    switch (queue_renew(job->queue, job->id, job->progress, job_left(job),
                        &job->version)) {
    case QUEUE_NONE:
        job->interrupted = JOB_LOST;
        return 1;

    case QUEUE_OK:
        job_tell(job, "running");
        return 0;

    case QUEUE_AWAY:
        /* It may come back before it has given the job to someone else: the
           work goes on, the next try is soon, and before anything is published
           it is asked again. */
        job->beat_at -= (QUEUE_BEAT_SECONDS - 1) * 1000;
        return 0;

    default:
        return 0;
    }
}


job_outcome_t
job_confirm(job_t *job)
{
    for (;;) {
        if (*job->stop) {
            return JOB_STOPPED;
        }

        pulse_beat();
        job->beat_at = clock_now();

        switch (queue_renew(job->queue, job->id, job->progress, job_left(job),
                            &job->version)) {
        case QUEUE_OK:
            return JOB_DONE;
        case QUEUE_NONE:
            return JOB_LOST;
        case QUEUE_REFUSED:
            return job_end(job, JOB_AGAIN, "The database refused to answer.");
        case QUEUE_AWAY:
            clock_sleep(JOB_WAIT_MS);
        }
    }
}
