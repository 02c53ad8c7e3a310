/* One job in the hands of a slot, and what the kinds of jobs share. Each kind
   is a file in a room of jobs/ and a row in jobs/kinds.c. */

#ifndef SLUICE_JOB_H
#define SLUICE_JOB_H

#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <jansson.h>
#include "core/base/sniff.h"
#include "core/base/uuid.h"
#include "worker/config/config.h"
#include "worker/queue/queue.h"
#include "worker/sandbox/sandbox.h"

#define JOB_ERROR_SIZE 512
#define JOB_NEXT_MAX 12

struct stream_s; /* stream.h */
struct cancel_s; /* cancel.h */

typedef enum {
    JOB_DONE,   /* what was found out is in patch, result and next */
    JOB_ERASED, /* the media is gone, and its row is to follow */
    JOB_BAD,    /* never heals: `error` is for the uploader */
    JOB_AGAIN,  /* may heal: `error` says what was missing */
    JOB_WAITS,  /* for what takes hours, as `error` says: no try is lost */
    JOB_LOST,   /* cancelled, or someone else's by now: nothing is kept */
    JOB_STOPPED /* the slot has to leave: nothing is kept */
} job_outcome_t;

typedef struct {
    const config_t *config;
    queue_t *queue;
    const volatile sig_atomic_t *stop; /* the slot has to leave at once */

    struct stream_s *stream; /* where progress is told; NULL: nowhere */
    struct cancel_s *cancel; /* where one hears of cancellations; or NULL */

    char id[UUID_TEXT_SIZE];
    char media[UUID_TEXT_SIZE]; /* empty: none */
    const char *kind;
    const json_t *row;    /* what queue.describe() says */
    char work[PATH_MAX];  /* a folder of the job's own */
    char input[PATH_MAX]; /* the upload: job_open() */
    uint64_t input_size;
    const sniff_t *sniff; /* of the upload; NULL: nothing we know */

    json_int_t version; /* of the row */
    double seconds_max; /* that the try may take */
    double cpu;         /* seconds that its tools have taken */
    double share;       /* of what its input may cost in all; 1 unless set */
    int bulk;           /* 1: its tools yield to others */
    double progress;    /* percent */
    double beat_progress, told_progress;
    int64_t began_at, beat_at, told_at; /* clock_now() */
    job_outcome_t interrupted;          /* why a tool was stopped */
    int disk_failed;                    /* while a tool ran */

    char error[JOB_ERROR_SIZE];
    json_t *patch;  /* columns of sluice.media */
    json_t *result; /* of sluice.jobs */
    const char *next[JOB_NEXT_MAX];
    int nnext;
} job_t;

/* Reads what the queue handed out; `job` is otherwise zero. 0, or -1 when it
   makes no sense. job_free() frees what the job holds, not the job. */
int job_init(job_t *job, const config_t *config, queue_t *queue,
             const volatile sig_atomic_t *stop, const json_t *row);
void job_free(job_t *job);

/* Runs it in a folder of its own, `work`, that is gone afterwards. */
job_outcome_t job_in_folder(job_t *job, job_outcome_t (*run)(job_t *job));

/* Finds the upload and looks at its first bytes: input, input_size, sniff.
   JOB_DONE, or JOB_BAD when it is nothing we know. */
job_outcome_t job_open(job_t *job);

/* The same for the file at `input`. */
job_outcome_t job_look(job_t *job);

/* What is to say of a file whose first bytes are these: one for its owner. */
const char *job_unknown(const void *bytes, size_t len);

/* A tool and what its ends mean. */
typedef struct {
    const char *const *argv;
    int seconds;        /* of processor time */
    int wall_seconds;   /* 0: thrice that */
    uint64_t file_size; /* bytes of any one file written; 0: none of note */
    int joined;         /* see sandbox_t, as is `line` */
    void (*line)(void *data, const char *line);
    void *data;           /* of `line` */
    const char *refused;  /* for the owner: the tool did not like the file */
    const char *too_long; /* for the owner: it took too long */
} job_tool_t;

/* Runs a tool in the sandbox while the lease is renewed. All tools and readers
   of a job together may take 300 s of processor time, and one more for each
   4 KiB of its input, or its share of that and half a minute. JOB_DONE with
   what it wrote, or else the job's outcome with `error` set; the log gets the
   rest. `result->output` is to free() in both cases; `result` may be NULL. */
job_outcome_t job_tool(job_t *job, const job_tool_t *tool,
                       sandbox_result_t *result);

/* One of our own readers (sandbox/reader.h), and what its ends mean. */
typedef struct {
    const char *kind;
    const char *const *words; /* its arguments, ends with NULL; NULL: none */
    const char *path;         /* the file; NULL: the job's input */
    int seconds;              /* of processor time; of the clock, thrice that */
    size_t memory;            /* bytes beside the file; 0: 256 MiB */
    const char *refused;  /* for the owner, when it crashes over the file; what
                             it refuses, it says why itself */
    const char *too_long; /* for the owner: it took too long */
} job_reader_t;

/* Reads a file in the sandbox while the lease is renewed. JOB_DONE with what
   was `found`, an object to json_decref(); or else the job's outcome with
   `error` set, and `*found` NULL. */
job_outcome_t job_read(job_t *job, const job_reader_t *reader, json_t **found);

/* Tells how far it is and renews the lease when it is time. Nonzero: stop;
   `interrupted` says why. `job` is a job_t. */
int job_beat(void *job);

/* Tells over sluice:progress that the job is in this state by now. */
void job_tell(job_t *job, const char *state);

/* Seconds that are left at the pace so far, or -1 when it is too early to say:
   `elapsed` seconds brought it to `progress` percent. */
int job_seconds_left(double elapsed, double progress);

/* Asks the record, right before something is published; waits while the server
   is away. JOB_DONE: still ours. */
job_outcome_t job_confirm(job_t *job);

/* Asks the record, and again as long as the server is away: what is asked may
   be repeated. JOB_DONE with the answer, to json_decref(); or the job's
   outcome. */
job_outcome_t job_ask(job_t *job, const char *sql, int n,
                      const char *const *params, json_t **answer);

/* For a job that takes away what others make: cancels these, and waits until
   nobody writes there any more. JOB_DONE, or why not. */
job_outcome_t job_alone(job_t *job);

/* Does what a slow disk may take minutes for, in a thread of its own, while the
   lease is renewed: `work` returns 0, or -1 with errno set, and touches nothing
   of the job's but its names. JOB_DONE; JOB_AGAIN with what it was `doing`; or
   why the job is to be dropped, once the work is over. */
job_outcome_t job_disk(job_t *job, int (*work)(void *data), void *data,
                       const char *doing);

/* Where files of the store are on this machine (store_find_original() and its
   like), which may have to come from a bucket first. They stay until the job
   ends. JOB_DONE, or why not; then `*error`, where it is not NULL, has the
   errno. */
job_outcome_t job_find_original(job_t *job, const char *media,
                                char path[PATH_MAX], int *error);
job_outcome_t job_find_attachment(job_t *job, const char *media,
                                  const char *attachment, char path[PATH_MAX],
                                  int *error);
job_outcome_t job_find_file(job_t *job, const char *name, char path[PATH_MAX]);

/* Closes a descriptor of a file that may have been removed meanwhile: who holds
   it last waits until the disk has its room back. -1: nothing. */
void job_close(job_t *job, int fd);

/* Writes a text as a file of the job's folder, in place of what is there; the
   folders in its name are made. A tool may have put links there: none is
   followed. `text` NULL: there was no memory for it. */
job_outcome_t job_write(job_t *job, const char *name, const char *text,
                        const char *doing);

/* What is to be published from the job's folder is settled first, file by file:
   that may take its time. */
job_outcome_t job_settle(job_t *job, const char *name);

/* Confirms, then publishes a settled file; one that is settled now; or a folder
   that holds so many settled files and nothing else. */
job_outcome_t job_publish(job_t *job, const char *name);
job_outcome_t job_publish_file(job_t *job, const char *name);
job_outcome_t job_publish_folder(job_t *job, const char *name, int files);

/* Moves the upload into the store, under the extension of its kind. */
job_outcome_t job_keep(job_t *job);

/* Removes the job's folder; what cannot be removed is told in the log. */
void job_erase(job_t *job);

/* Sets the sentence and returns the outcome. */
job_outcome_t job_end(job_t *job, job_outcome_t outcome, const char *format,
                      ...) __attribute__((format(printf, 3, 4)));

/* For a call that failed with errno: JOB_AGAIN; JOB_WAITS where a file is on
   its way back from an archive. */
job_outcome_t job_errno(job_t *job, const char *doing);

/* A job that is to follow. */
void job_follow(job_t *job, const char *kind);

#endif
