#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "worker/queue/cancel.h"
#include "worker/store/disk.h"
#include "job.h"
#include "worker/base/log.h"
#include "worker/base/pulse.h"
#include "worker/store/store.h"
#include "worker/queue/stream.h"

#define JOB_MEMORY ((size_t) 4 << 30) /* bytes of a tool's address space */
#define JOB_FILE_SIZE (64U << 20)     /* when a tool asks for none */
#define JOB_FILES 4                   /* of that size that a tool may write */
#define JOB_WAIT_US 500000            /* between two tries */
#define JOB_TELL_SECONDS 0.25         /* between two messages of progress */
#define JOB_PRECISION 4               /* digits of progress */

/* A pace is one after so many seconds and percents. */
#define JOB_PACE_SECONDS 2
#define JOB_PACE_PROGRESS 1

static const job_kind_t job_kinds[] = {
    { "probe", job_probe, JOB_MEDIA | JOB_FOLDER },
    { "package", job_package, JOB_MEDIA | JOB_FOLDER },
    { "poster", job_poster, JOB_MEDIA | JOB_FOLDER },
    { "score", job_score, JOB_MEDIA | JOB_FOLDER },
    { "attach", job_attach, JOB_MEDIA | JOB_FOLDER },
    { "remove", job_remove, JOB_MEDIA | JOB_FOLDER },
    { "expire", job_expire, 0 },
    { "orphans", job_orphans, 0 },
    { "prune", job_prune, 0 },
    { "scrub", job_scrub, 0 },
    { "noop", job_noop, 0 },
};


static job_outcome_t job_judge(job_t *job, const job_tool_t *tool,
                               sandbox_rc_t rc, const char *why);
static int job_left(const job_t *job);
static double job_since(const struct timespec *past);


const job_kind_t *
job_kind(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(job_kinds) / sizeof(job_kinds[0]); i++) {
        if (strcmp(job_kinds[i].name, name) == 0) {
            return &job_kinds[i];
        }
    }

    return NULL;
}


int
job_init(job_t *job, const config_t *config, queue_t *queue,
         const volatile sig_atomic_t *stop, const json_t *row)
{
    const char *id, *media, *kind;
    const job_kind_t *known;

    id = json_string_value(json_object_get(row, "id"));
    kind = json_string_value(json_object_get(row, "kind"));
    media = json_string_value(
        json_object_get(json_object_get(row, "media"), "id"));

    if (id == NULL || kind == NULL || !uuid_valid(id, strlen(id))
        || (media != NULL && !uuid_valid(media, strlen(media)))) {
        return -1;
    }

    known = job_kind(kind);
    if (known != NULL && (known->needs & JOB_MEDIA) && media == NULL) {
        return -1;
    }

    memset(job, 0, sizeof(*job));
    job->config = config;
    job->queue = queue;
    job->stop = stop;
    job->row = row;
    job->kind = kind;
    job->patch = json_object();
    job->result = json_object();
    snprintf(job->id, sizeof(job->id), "%s", id);
    snprintf(job->media, sizeof(job->media), "%s", media ? media : "");
    job->version = json_integer_value(json_object_get(row, "version"));
    job->seconds_max = json_number_value(json_object_get(row, "seconds"));
    clock_gettime(CLOCK_MONOTONIC, &job->began_at);
    job->beat_at = job->told_at = job->began_at;

    return 0;
}


void
job_free(job_t *job)
{
    json_decref(job->patch);
    json_decref(job->result);
}


job_outcome_t
job_run(job_t *job)
{
    const char *misfit;
    const job_kind_t *kind;

    misfit = json_string_value(json_object_get(job->row, "misfit"));
    if (misfit != NULL) {
        return job_end(job, JOB_BAD, "%s", misfit);
    }

    kind = job_kind(job->kind);
    if (kind == NULL) {
        return job_end(job, JOB_AGAIN, "This worker knows no job of kind %s.",
                       job->kind);
    }

    return kind->needs & JOB_FOLDER ? job_in_folder(job, kind->run)
                                    : kind->run(job);
}


job_outcome_t
job_in_folder(job_t *job, job_outcome_t (*run)(job_t *job))
{
    int lock;
    job_outcome_t outcome;

    lock = store_work_create(job->config, job->id, job->work);
    if (lock == -1) {
        return job_errno(job, "making a folder to work in");
    }

    outcome = run(job);

    /* Not the file's fault, as far as anyone can tell. */
    if (outcome == JOB_BAD && (job->disk_failed || disk_try(job->work) != 0)) {
        outcome = job_end(job, JOB_AGAIN,
                          "The disk was full or broken meanwhile.");
    }

    job_erase(job);
    close(lock);
    return outcome;
}


job_outcome_t
job_open(job_t *job)
{
    if (store_find_original(job->config, job->media, job->input) != 0) {
        return job_errno(job, "looking for the uploaded file");
    }

    return job_look(job);
}


job_outcome_t
job_look(job_t *job)
{
    int fd;
    char bytes[SNIFF_SIZE];
    ssize_t n;
    struct stat st;

    fd = open(job->input, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        return job_errno(job, "opening the uploaded file");
    }

    n = read(fd, bytes, sizeof(bytes));
    if (n < 0 || fstat(fd, &st) != 0) {
        close(fd);
        return job_errno(job, "reading the uploaded file");
    }
    close(fd);

    job->input_size = (uint64_t) st.st_size;
    job->sniff = sniff(bytes, (size_t) n);

    if (job->sniff == NULL) {
        return job_end(job, JOB_BAD,
                       "This file is not a film or a score that Sluice knows: "
                       "%s.",
                       job_unknown(bytes, (size_t) n));
    }

    return JOB_DONE;
}


const char *
job_unknown(const void *bytes, size_t len)
{
    size_t i;
    const unsigned char *p = bytes;

    if (len == 0) {
        return "it is empty";
    }
    if (len >= 7 && memcmp(p, "#EXTM3U", 7) == 0) {
        return "it is a playlist, which only points at other files";
    }

    for (i = 0; i < len; i++) {
        if (p[i] == '\0' || (p[i] < ' ' && strchr("\t\n\f\r", p[i]) == NULL)) {
            return "its contents are in no format that is taken";
        }
    }

    return "it is a text";
}


job_outcome_t
job_tool(job_t *job, const job_tool_t *tool, sandbox_result_t *result)
{
    sandbox_rc_t rc;
    const size_t file_size = tool->file_size ? tool->file_size : JOB_FILE_SIZE;
    sandbox_t sandbox = {
        .argv = tool->argv,
        .folder = job->work,
        .input = job->input[0] ? job->input : NULL,
        .cpu_seconds = tool->seconds,
        .wall_seconds = tool->wall_seconds ? tool->wall_seconds
                                           : 3 * tool->seconds,
        .memory = JOB_MEMORY,
        .file_size = file_size,
        .folder_size = JOB_FILES * file_size,
        .beat = job_beat,
        .line = tool->line,
        .data = job,
    };

    rc = sandbox_run(&sandbox, result);
    job->disk_failed |= disk_blamed(result->err) || disk_full(job->work);
    if (rc == SANDBOX_OK) {
        return JOB_DONE;
    }

    if (rc != SANDBOX_STOPPED) {
        log_write(LOG_WARN, "job %s %s: %s ended with %d%s%s: %s", job->kind,
                  job->id, tool->argv[0], result->code,
                  *result->why ? ", " : "", result->why, result->err);
    }

    return job_judge(job, tool, rc, result->why);
}


static job_outcome_t
job_judge(job_t *job, const job_tool_t *tool, sandbox_rc_t rc, const char *why)
{
    switch (rc) {

    case SANDBOX_STOPPED:
        return job->interrupted;

    case SANDBOX_FAILED:
        return job_end(job, JOB_BAD, "%s%s%s%s", tool->refused,
                       *why ? " Reading it " : "", why, *why ? "." : "");

    case SANDBOX_TOO_LONG: /* without its full stop */
        return job_end(job, JOB_BAD, "%.*s: %s.",
                       (int) strlen(tool->too_long) - 1, tool->too_long, why);

    case SANDBOX_TOO_MUCH:
        return job_end(job, JOB_BAD,
                       "What was made of the file grew beyond all measure: "
                       "%s.",
                       why);

    case SANDBOX_TOO_LARGE:
        return job_end(job, JOB_BAD,
                       "Reading the file takes more memory than there is for "
                       "it: %s.",
                       why);

    case SANDBOX_FORBIDDEN:
        return job_end(job, JOB_BAD,
                       "The program that read the file %s, which no file may "
                       "make it do.",
                       why);

    case SANDBOX_KILLED:
        return job_end(job, JOB_AGAIN, "%s was killed while it read the file.",
                       tool->argv[0]);

    default:
        return job_end(job, JOB_AGAIN, "%s could not be started.",
                       tool->argv[0]);
    }
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

    if (job->seconds_max > 0 && job_since(&job->began_at) > job->seconds_max) {
        job->interrupted = job_end(job, JOB_BAD,
                                   "The work took longer than %.0f s.",
                                   job->seconds_max);
        return 1;
    }

    seconds = job_since(&job->beat_at);
    if (seconds < QUEUE_BEAT_SECONDS
        && (seconds < 1 || job->progress < job->beat_progress + 1)
        && !cancel_heard(job->cancel, job->id)) {
        if (job->progress > job->told_progress
            && job_since(&job->told_at) >= JOB_TELL_SECONDS) {
            job_tell(job, "running");
        }
        return 0;
    }

    clock_gettime(CLOCK_MONOTONIC, &job->beat_at);
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
        job->beat_at.tv_sec -= QUEUE_BEAT_SECONDS - 1;
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
        clock_gettime(CLOCK_MONOTONIC, &job->beat_at);

        switch (queue_renew(job->queue, job->id, job->progress, job_left(job),
                            &job->version)) {
        case QUEUE_OK:
            return JOB_DONE;
        case QUEUE_NONE:
            return JOB_LOST;
        case QUEUE_REFUSED:
            return job_end(job, JOB_AGAIN, "The database refused to answer.");
        case QUEUE_AWAY:
            usleep(JOB_WAIT_US);
        }
    }
}


job_outcome_t
job_end(job_t *job, job_outcome_t outcome, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(job->error, sizeof(job->error), format, args);
    va_end(args);

    return outcome;
}


job_outcome_t
job_errno(job_t *job, const char *doing)
{
    return job_end(job, JOB_AGAIN, "Trouble while %s: %s.", doing,
                   strerror(errno));
}


void
job_follow(job_t *job, const char *kind)
{
    if (job->nnext < JOB_NEXT_MAX - 1) {
        job->next[job->nnext++] = kind;
    }
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

    clock_gettime(CLOCK_MONOTONIC, &job->told_at);
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
    return job_seconds_left(job_since(&job->began_at), job->progress);
}


static double
job_since(const struct timespec *past)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double) (now.tv_sec - past->tv_sec)
           + (double) (now.tv_nsec - past->tv_nsec) / 1e9;
}
