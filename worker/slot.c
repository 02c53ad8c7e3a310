#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "core/base/trace.h"
#include "worker/base/aside.h"
#include "worker/base/child.h"
#include "worker/base/clock.h"
#include "worker/base/log.h"
#include "worker/base/pulse.h"
#include "worker/jobs/kinds.h"
#include "worker/queue/cancel.h"
#include "worker/queue/queue.h"
#include "worker/queue/stream.h"
#include "worker/store/disk.h"
#include "worker/store/store.h"
#include "slot.h"

#define SLOT_WAIT_MS 1000 /* for a wake-up; then it looks by itself */
#define SLOT_NOBODY "-"
#define SLOT_WHY_SIZE 512
#define SLOT_HOST_SIZE 65 /* HOST_NAME_MAX, terminated */
#define SLOT_TICK_EVERY 2 /* seconds */
#define SLOT_TIDY_EVERY 3600
#define SLOT_INHERIT_FOR 10      /* seconds, as long as a query may take */
#define SLOT_PUT_OFF_SECONDS 900 /* then what takes hours is looked for */
#define SLOT_PATIENCE_MAX 5      /* seconds between tries to record a result */

static volatile sig_atomic_t slot_stop;
static volatile sig_atomic_t slot_drain;

typedef struct {
    const config_t *config;
    queue_t *queue;
    stream_t *stream;
    cancel_t *cancel;
    time_t born, ticked; /* the first and the last time; monotonic seconds */
    time_t tidied;       /* the last time, or 0 */
    const slot_id_t *predecessors; /* or NULL: their leases are released */
    int disk_away; /* it, or the store: nothing is taken until both are back */
    int mails;     /* 1: it takes mails alone */
    const char *ability; /* config_ability() */
} slot_t;


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


static void
slot_host(char host[SLOT_HOST_SIZE])
{

    if (gethostname(host, SLOT_HOST_SIZE) != 0) {
        strcpy(host, "localhost");
    }
    host[SLOT_HOST_SIZE - 1] = '\0';
}


/* host:mark:pid[:ability], which queue.ability() reads */
static void
slot_name(char name[SLOT_NAME_SIZE], const slot_id_t *id, const char *ability)
{
    char host[SLOT_HOST_SIZE];

    slot_host(host);
    snprintf(name, SLOT_NAME_SIZE, "%s:%016" PRIx64 ":%d%s%s", host, id->mark,
             id->pid, *ability ? ":" : "", ability);
}


/* host:number, as which it is one reader of the stream after the other */
static void
slot_consumer(char name[SLOT_NAME_SIZE], int number)
{
    char host[SLOT_HOST_SIZE];

    slot_host(host);
    snprintf(name, SLOT_NAME_SIZE, "%s:%d", host, number);
}


/* Wakes someone for each of these jobs. */
static void
slot_wake(slot_t *slot, const json_t *ids)
{
    size_t i;
    json_t *id;

    json_array_foreach(ids, i, id)
    {
        stream_add(slot->stream, json_string_value(id));
    }
}


/* The job of a process that died in this place goes on at once. Its last
   question may be answered after its death: so this is done some times over. */
static void
slot_inherit(slot_t *slot)
{
    int i;
    char name[SLOT_NAME_SIZE];
    json_t *ids;
    queue_rc_t rc = QUEUE_OK;

    if (slot->predecessors == NULL) {
        return;
    }

    for (i = 0; i < SLOT_PREDECESSORS && slot->predecessors[i].pid != 0
                && rc != QUEUE_AWAY;
         i++) {
        ids = NULL;
        slot_name(name, &slot->predecessors[i], slot->ability);
        rc = queue_release(slot->queue, name, &ids);
        slot_wake(slot, ids);
        json_decref(ids);
    }

    if (rc != QUEUE_AWAY && slot->born != 0
        && slot->ticked - slot->born >= SLOT_INHERIT_FOR) {
        slot->predecessors = NULL;
    }
}


/* What the store says of itself, which may take its time. */
typedef struct {
    const config_t *config;
    char said[512];
} slot_store_t;


static int
slot_ask_store(void *data)
{
    slot_store_t *store = data;

    return store_try(store->config, store->said, sizeof(store->said));
}


static void
slot_beat(void *data)
{
    (void) data;
    pulse_beat();
}


/* 0 when both disk and store are well; -1 with what is not, and why. */
static int
slot_try(const config_t *config, char *why, size_t size)
{
    slot_store_t store = { .config = config };

    if (disk_try(config->work) != 0) {
        snprintf(why, size, "disk: away: %.300s: %s", config->work,
                 strerror(errno));
        return -1;
    }

    if (aside_run(slot_ask_store, &store, slot_beat, NULL) != 0) {
        snprintf(why, size, "store: away: %.400s", store.said);
        return -1;
    }

    return 0;
}


static int
slot_disk(slot_t *slot)
{
    char why[SLOT_WHY_SIZE];

    if (slot->disk_away && slot_try(slot->config, why, sizeof(why)) == 0) {
        log_write(LOG_INFO, "disk and store: back again");
        slot->disk_away = 0;
    }

    return slot->disk_away ? -1 : 0;
}


static queue_rc_t
slot_take(slot_t *slot, json_t **row)
{
    return slot->mails ? queue_take_mail(slot->queue, row)
                       : queue_take(slot->queue, row);
}


/* What came together with the end of the last job, when the slot has to go. */
static void
slot_hand_back(slot_t *slot, const json_t *row)
{
    const char *id = json_string_value(json_object_get(row, "id"));

    if (id != NULL && queue_give_back(slot->queue, id) == QUEUE_OK) {
        stream_add(slot->stream, id);
    }
}


/* A try that failed while the disk or the store does, and would fail again at
   once, does not count: the job goes back, and the slot takes none until they
   are well. */
static job_outcome_t
slot_judge(slot_t *slot, job_outcome_t outcome)
{
    char why[SLOT_WHY_SIZE];

    if (outcome != JOB_AGAIN || slot_try(slot->config, why, sizeof(why)) == 0) {
        return outcome;
    }

    log_write(LOG_ERROR, "%s", why);
    slot->disk_away = 1;
    return JOB_STOPPED;
}


/* Each change of a running job makes its version grow by one. */
static queue_rc_t
slot_record_failure(slot_t *slot, job_t *job, int again)
{
    int dead = 0;
    queue_rc_t rc;

    rc = queue_fail(slot->queue, job->id, job->error, again, &dead);
    if (rc == QUEUE_OK) {
        job->version++;
        job_tell(job, dead ? "dead" : "retrying");
    }

    return rc;
}


static queue_rc_t
slot_put_off(slot_t *slot, job_t *job)
{
    int dead = 0;
    queue_rc_t rc;

    rc = queue_put_off(slot->queue, job->id, job->error, SLOT_PUT_OFF_SECONDS,
                       &dead);
    if (rc == QUEUE_OK) {
        job->version++;
        job_tell(job, dead ? "dead" : "retrying");
    }

    return rc;
}


static queue_rc_t
slot_record_success(slot_t *slot, job_t *job, json_t **next)
{
    json_t *answer = NULL;
    queue_rc_t rc;

    rc = queue_finish(slot->queue, job->id, job->patch, job->result, job->next,
                      !slot_stop && !slot_drain && !slot->mails, &answer);
    if (rc == QUEUE_OK) {
        job->version++;
        job->progress = 100;
        job_tell(job, "done");
        slot_wake(slot, json_object_get(answer, "followers"));

        if (json_is_object(json_object_get(answer, "job"))) {
            *next = json_incref(json_object_get(answer, "job"));
        }
    }

    json_decref(answer);
    return rc;
}


static queue_rc_t
slot_record_once(slot_t *slot, job_t *job, job_outcome_t outcome, json_t **next)
{
    queue_rc_t rc;

    switch (outcome) {
    case JOB_ERASED:
        return queue_finish_remove(slot->queue, job->id);

    case JOB_BAD:
    case JOB_AGAIN:
        return slot_record_failure(slot, job, outcome == JOB_AGAIN);

    case JOB_WAITS:
        return slot_put_off(slot, job);

    case JOB_LOST:
    case JOB_STOPPED:
        rc = queue_give_back(slot->queue, job->id);
        if (rc == QUEUE_OK) {
            job->version++;
            job_tell(job, "queued");
            stream_add(slot->stream, job->id);
        }
        return rc;

    default:
        return slot_record_success(slot, job, next);
    }
}


/* A result is kept until it is recorded, however long that takes. */
static void
slot_record(slot_t *slot, job_t *job, job_outcome_t outcome, json_t **next)
{
    int seconds = 0;
    queue_rc_t rc;
    static const char *const words[] = {
        [JOB_DONE] = "done",    [JOB_ERASED] = "done",
        [JOB_BAD] = "dead",     [JOB_AGAIN] = "did not work",
        [JOB_LOST] = "dropped", [JOB_STOPPED] = "given back",
        [JOB_WAITS] = "waits"
    };

    for (;;) {
        pulse_beat();

        rc = slot_record_once(slot, job, outcome, next);
        if (rc != QUEUE_AWAY || slot_stop) {
            break;
        }

        seconds += seconds < SLOT_PATIENCE_MAX;
        clock_sleep(seconds * 1000);
    }

    if (rc == QUEUE_REFUSED && outcome != JOB_AGAIN) {
        job_end(job, JOB_AGAIN, "The result could not be recorded.");
        slot_record(slot, job, JOB_AGAIN, next);
        return;
    }

    log_write(outcome == JOB_DONE || outcome == JOB_ERASED ? LOG_INFO
                                                           : LOG_WARN,
              "job %s %s of %s: %s%s%s%s", job->kind, job->id,
              *job->media ? job->media : "nobody", words[outcome],
              *job->error ? ": " : "", job->error,
              rc == QUEUE_OK || outcome == JOB_LOST ? ""
              : rc == QUEUE_NONE ? " (it was someone else's by then)"
                                 : " (not recorded)");
}


/* The log is about this job, of the trace that it came of. */
static void
slot_about(const job_t *job)
{
    const char *flags;
    char id[TRACE_ID_LEN + 1];
    const json_t *trace = json_object_get(job->row, "trace");
    const char *found = json_is_string(trace)
                            ? trace_find(json_string_value(trace),
                                         json_string_length(trace), &flags)
                            : NULL;

    snprintf(id, sizeof(id), "%.*s", TRACE_ID_LEN, found ? found : "");
    log_about(job->id, id);
}


/* QUEUE_OK with the job that comes next, or QUEUE_NONE. */
static queue_rc_t
slot_do(slot_t *slot, const json_t *row, json_t **next)
{
    job_t job;
    job_outcome_t outcome;

    if (kinds_init(&job, slot->config, slot->queue, &slot_stop, row) != 0) {
        log_write(LOG_ERROR, "the database handed out a job without sense");
        return QUEUE_REFUSED;
    }

    job.stream = slot->stream;
    job.cancel = slot->cancel;

    slot_about(&job);
    log_write(LOG_INFO, "job %s %s of %s: begun", job.kind, job.id,
              *job.media ? job.media : "nobody");
    job_tell(&job, "running");

    outcome = slot_judge(slot, kinds_run(&job));
    slot_record(slot, &job, outcome, next);

    log_about(NULL, NULL);
    job_free(&job);

    /* Only what was done brings the next one along, and no mail does. */
    if ((outcome != JOB_DONE || slot->mails) && !slot_stop && !slot_drain) {
        return slot_take(slot, next);
    }

    return *next != NULL ? QUEUE_OK : QUEUE_NONE;
}


static void
slot_tick(slot_t *slot)
{
    json_t *ids = NULL;
    const time_t now = clock_seconds();

    if (now - slot->ticked < SLOT_TICK_EVERY) {
        return;
    }
    slot->ticked = now;
    slot->born = slot->born != 0 ? slot->born : now;

    slot_inherit(slot);

    if (slot->mails) { /* the others see to it, and do not count with it */
        return;
    }

    if (queue_tick(slot->queue, &ids) == QUEUE_OK) {
        slot_wake(slot, ids);
    }
    json_decref(ids);

    if (slot->tidied == 0 || now - slot->tidied >= SLOT_TIDY_EVERY) {
        slot->tidied = now;
        stream_tidy(slot->stream);
    }

    ids = NULL;
    if (queue_announce(slot->queue, &ids) == QUEUE_OK) {
        slot_wake(slot, ids);
    }
    json_decref(ids);
}


/* Does what is due, one after the other, until nothing is or one does not work
   out. */
static queue_rc_t
slot_work(slot_t *slot)
{
    json_t *row = NULL, *next;
    queue_rc_t rc;

    if (slot_disk(slot) != 0) {
        return QUEUE_AWAY;
    }

    rc = slot_take(slot, &row);

    while (rc == QUEUE_OK) {
        if (slot_stop || slot_drain) {
            slot_hand_back(slot, row);
            json_decref(row);
            break;
        }

        next = NULL;
        rc = slot_do(slot, row, &next);
        json_decref(row);
        row = next;

        slot_tick(slot);
    }

    return rc;
}


/* Nobody is woken for a mail: it may wait a second. 1: there may be something
   to do, 0: nobody said so, -1: and nobody could have. */
static int
slot_wait(slot_t *slot)
{
    if (slot->mails) {
        clock_sleep(SLOT_WAIT_MS);
        return 0;
    }

    return stream_next(slot->stream, SLOT_WAIT_MS);
}


static void
slot_loop(slot_t *slot)
{
    int found;
    queue_rc_t rc;

    /* Connects, too: whoever wakes it first does not wait for that. */
    slot_inherit(slot);
    slot_work(slot);

    while (!slot_stop && !slot_drain) {
        pulse_beat();
        cancel_heard(slot->cancel, SLOT_NOBODY); /* keeps up */

        found = slot_wait(slot);
        if (slot_stop || slot_drain) {
            break;
        }

        /* Also without a wake-up: so nothing is ever lost. */
        rc = slot_work(slot);

        if (rc == QUEUE_AWAY || rc == QUEUE_REFUSED
            || (found == -1 && rc == QUEUE_NONE)) {
            clock_sleep(SLOT_WAIT_MS);
        }

        slot_tick(slot);
    }
}


static int
slot_sweep(void *data)
{
    store_work_sweep(data);
    return 0;
}


int
slot_run(const config_t *config, int number, uint64_t mark,
         const slot_id_t predecessors[SLOT_PREDECESSORS])
{
    int rc = EXIT_FAILURE;
    char name[SLOT_NAME_SIZE], consumer[SLOT_NAME_SIZE];
    const slot_id_t id = { getpid(), mark };
    slot_t slot = { .config = config,
                    .predecessors = predecessors,
                    .mails = number > config->slots,
                    .ability = config_ability(config, number) };

    if (slot.mails) {
        prctl(PR_SET_NAME, "sluice-mails"); /* as ps shows it */
    }

    child_signals(slot_on_signal);
    umask(022);

    slot_name(name, &id, slot.ability);
    slot_consumer(consumer, number);

    slot.queue = queue_create(config->database, name);
    slot.stream = stream_create(config->redis, consumer);
    slot.cancel = cancel_create(config->redis);

    if (slot.queue != NULL && slot.stream != NULL && slot.cancel != NULL
        && store_open() == 0) {
        aside_run(slot_sweep, (void *) config, slot_beat, NULL);
        slot_loop(&slot);
        queue_leave(slot.queue);
        rc = EXIT_SUCCESS;
    }

    cancel_free(slot.cancel);
    stream_free(slot.stream);
    queue_free(slot.queue);
    return rc;
}
