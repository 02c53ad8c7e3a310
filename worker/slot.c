#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "job.h"
#include "log.h"
#include "queue.h"
#include "slot.h"
#include "store.h"
#include "stream.h"

#define SLOT_WAIT_MS 1000     /* for a wake-up; then it looks by itself */
#define SLOT_ANNOUNCE_EVERY 5 /* seconds */
#define SLOT_PATIENCE_MAX 5   /* seconds between tries to record a result */

static volatile sig_atomic_t slot_stop;
static volatile sig_atomic_t slot_drain;

typedef struct {
    const config_t *config;
    queue_t *queue;
    stream_t *stream;
    time_t announced; /* monotonic seconds */
    pid_t predecessor;
} slot_t;


static void slot_loop(slot_t *slot);
static queue_rc_t slot_work(slot_t *slot, const char *id);
static void slot_record(slot_t *slot, job_t *job, job_outcome_t outcome);
static queue_rc_t slot_record_once(slot_t *slot, job_t *job,
                                   job_outcome_t outcome);
static void slot_announce(slot_t *slot);
static void slot_inherit(slot_t *slot);
static void slot_name(char name[SLOT_NAME_SIZE], int number);
static void slot_signals(void);
static void slot_on_signal(int number);


int
slot_run(const config_t *config, int number, pid_t predecessor)
{
    int rc = EXIT_FAILURE;
    char name[SLOT_NAME_SIZE], consumer[SLOT_NAME_SIZE];
    slot_t slot = { .config = config, .predecessor = predecessor };

    slot_signals();
    umask(022);

    slot_name(name, getpid());
    slot_name(consumer, number);

    slot.queue = queue_create(config->database, name);
    slot.stream = stream_create(config->redis, consumer);

    if (slot.queue != NULL && slot.stream != NULL) {
        store_work_sweep(config);
        slot_loop(&slot);
        rc = EXIT_SUCCESS;
    }

    stream_free(slot.stream);
    queue_free(slot.queue);
    return rc;
}


static void
slot_loop(slot_t *slot)
{
    int found;
    queue_rc_t rc;
    stream_wake_t wake;

    while (!slot_stop && !slot_drain) {
        slot_inherit(slot);

        found = stream_next(slot->stream, SLOT_WAIT_MS, &wake);
        if (slot_stop || slot_drain) {
            break; /* what was not acknowledged, the next one reads */
        }

        /* Without a wake-up, look by yourself: so nothing is ever lost. */
        rc = QUEUE_NONE;
        if (found != 1) {
            rc = slot_work(slot, NULL);
        } else if (wake.job[0] != '\0') {
            rc = slot_work(slot, wake.job);
        }

        if (found == 1) {
            stream_ack(slot->stream, wake.entry);
        }

        if (rc == QUEUE_AWAY || rc == QUEUE_REFUSED
            || (found == -1 && rc == QUEUE_NONE)) {
            usleep(SLOT_WAIT_MS * 1000);
        }

        slot_announce(slot);
    }
}


/* Takes the job, or any when `id` is NULL, and does it. */
static queue_rc_t
slot_work(slot_t *slot, const char *id)
{
    job_t job;
    json_t *row = NULL;
    queue_rc_t rc;
    job_outcome_t outcome;

    rc = queue_take(slot->queue, id, &row);
    if (rc != QUEUE_OK) {
        return rc;
    }

    if (job_init(&job, slot->config, slot->queue, &slot_stop, row) != 0) {
        log_write(LOG_ERROR, "the database handed out a job without sense");
        json_decref(row);
        return QUEUE_REFUSED;
    }

    log_write(LOG_INFO, "job %s %s of %s: begun", job.kind, job.id, job.media);

    outcome = job_run(&job);
    slot_record(slot, &job, outcome);

    job_free(&job);
    json_decref(row);
    return QUEUE_OK;
}


/* A result is kept until it is recorded, however long that takes. */
static void
slot_record(slot_t *slot, job_t *job, job_outcome_t outcome)
{
    int seconds = 0;
    queue_rc_t rc;
    static const char *const words[] = {
        [JOB_DONE] = "done",    [JOB_ERASED] = "done",
        [JOB_BAD] = "dead",     [JOB_AGAIN] = "did not work",
        [JOB_LOST] = "dropped", [JOB_STOPPED] = "given back"
    };

    for (;;) {
        rc = slot_record_once(slot, job, outcome);
        if (rc != QUEUE_AWAY || slot_stop) {
            break;
        }

        seconds += seconds < SLOT_PATIENCE_MAX;
        sleep((unsigned) seconds);
    }

    if (rc == QUEUE_REFUSED && outcome != JOB_AGAIN) {
        job_end(job, JOB_AGAIN, "The result could not be recorded.");
        slot_record(slot, job, JOB_AGAIN);
        return;
    }

    log_write(outcome == JOB_DONE || outcome == JOB_ERASED ? LOG_INFO
                                                           : LOG_WARN,
              "job %s %s of %s: %s%s%s%s", job->kind, job->id, job->media,
              words[outcome], *job->error ? ": " : "", job->error,
              rc == QUEUE_OK     ? ""
              : rc == QUEUE_NONE ? " (it was someone else's by then)"
                                 : " (not recorded)");
}


static queue_rc_t
slot_record_once(slot_t *slot, job_t *job, job_outcome_t outcome)
{
    size_t i;
    json_t *followers = NULL, *id;
    queue_rc_t rc;

    switch (outcome) {
    case JOB_ERASED:
        return queue_finish_remove(slot->queue, job->id);
    case JOB_BAD:
        return queue_fail(slot->queue, job->id, job->error, 0);
    case JOB_AGAIN:
        return queue_fail(slot->queue, job->id, job->error, 1);
    case JOB_LOST:
    case JOB_STOPPED:
        return queue_give_back(slot->queue, job->id);
    default:
        break;
    }

    rc = queue_finish(slot->queue, job->id, job->patch, job->result, job->next,
                      &followers);

    json_array_foreach(followers, i, id)
    {
        stream_add(slot->stream, json_string_value(id));
    }

    json_decref(followers);
    return rc;
}


static void
slot_announce(slot_t *slot)
{
    size_t i;
    json_t *ids = NULL, *id;
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec - slot->announced < SLOT_ANNOUNCE_EVERY) {
        return;
    }
    slot->announced = now.tv_sec;

    if (queue_announce(slot->queue, &ids) == QUEUE_OK) {
        json_array_foreach(ids, i, id)
        {
            stream_add(slot->stream, json_string_value(id));
        }
    }

    json_decref(ids);
}


/* The job of the process that died in this place goes on at once. */
static void
slot_inherit(slot_t *slot)
{
    char name[SLOT_NAME_SIZE];
    queue_rc_t rc;

    if (slot->predecessor == 0) {
        return;
    }

    slot_name(name, slot->predecessor);
    rc = queue_release(slot->queue, name);
    if (rc != QUEUE_AWAY) {
        slot->predecessor = 0;
    }
}


/* host:number */
static void
slot_name(char name[SLOT_NAME_SIZE], int number)
{
    char host[SLOT_NAME_SIZE - 16];

    if (gethostname(host, sizeof(host)) != 0) {
        strcpy(host, "localhost");
    }
    host[sizeof(host) - 1] = '\0';

    snprintf(name, SLOT_NAME_SIZE, "%s:%d", host, number);
}


static void
slot_signals(void)
{
    size_t i;
    sigset_t none;
    struct sigaction action = { .sa_handler = slot_on_signal };
    static const int handled[] = { SIGTERM, SIGINT, SIGQUIT, SIGUSR1 };

    for (i = 0; i < sizeof(handled) / sizeof(handled[0]); i++) {
        sigaction(handled[i], &action, NULL);
    }

    action.sa_handler = SIG_IGN;
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGPIPE, &action, NULL);
    action.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &action, NULL);

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}


static void
slot_on_signal(int number)
{
    switch (number) {
    case SIGQUIT:
        slot_drain = 1;
        break;
    case SIGUSR1:
        log_reopen();
        break;
    default:
        slot_stop = 1;
    }
}
