/* The record of jobs: PostgreSQL, through the functions of sql/queue/.
   A call never waits longer than some seconds; while the server is away each
   one tries to reach it again. */

#ifndef SLUICE_QUEUE_H
#define SLUICE_QUEUE_H

#include <jansson.h>

#define QUEUE_LEASE_SECONDS 15 /* a slot silent for so long loses its job */
#define QUEUE_BEAT_SECONDS 5   /* so often it says that it is alive */

typedef enum {
    QUEUE_OK,
    QUEUE_NONE,   /* nothing to take; or the job is no longer ours */
    QUEUE_AWAY,   /* the server cannot be reached: try again */
    QUEUE_REFUSED /* the server refuses the statement; the log says why */
} queue_rc_t;

typedef struct queue_s queue_t;

/* A handle for the slot of this name; connects when first used. NULL without
   memory. */
queue_t *queue_create(const char *conninfo, const char *slot);
void queue_free(queue_t *queue);

/* Takes the due job whose turn it is. On QUEUE_OK `*job` is what
   queue.describe() says, to json_decref(). */
queue_rc_t queue_take(queue_t *queue, json_t **job);

/* The same of mails, which none but this hands out. */
queue_rc_t queue_take_mail(queue_t *queue, json_t **job);

/* Prolongs the lease. `progress` in percent, `seconds_left` -1 when unknown; on
   QUEUE_OK `*version` is the row's. QUEUE_NONE: drop the work. */
queue_rc_t queue_renew(queue_t *queue, const char *id, double progress,
                       int seconds_left, json_int_t *version);

/* Commits what the job found out. `patch` and `result` are objects or NULL,
   `next` the kinds of the jobs that follow, ending with NULL. With `more` the
   slot has its next job in the same transaction. On QUEUE_OK `*answer` is an
   object to json_decref(): `followers`, an array of the ids of jobs that are
   due by now, and `job`, as queue_take() gives it, or null. */
queue_rc_t queue_finish(queue_t *queue, const char *id, const json_t *patch,
                        const json_t *result, const char *const *next, int more,
                        json_t **answer);

/* `again`: it may heal. Otherwise the job is dead, and `reason` is what the
   media's owner reads. On QUEUE_OK `*dead` tells what became of it. */
queue_rc_t queue_fail(queue_t *queue, const char *id, const char *reason,
                      int again, int *dead);

/* Lets go of a job that waits for what is outside: it is due in so many
   seconds, and the try does not count, for three days; then it does, as with
   queue_fail(). */
queue_rc_t queue_put_off(queue_t *queue, const char *id, const char *reason,
                         int seconds, int *dead);

/* Lets go of a job: one that is not finished is due at once, and the try does
   not count; of a cancelled one, nothing is written any more. QUEUE_OK: it is
   due. */
queue_rc_t queue_give_back(queue_t *queue, const char *id);

/* The jobs of a slot that is known to have died are due at once: their ids, as
   an array to json_decref(). */
queue_rc_t queue_release(queue_t *queue, const char *slot, json_t **ids);

/* The slot leaves, and is none of those that are counted any more. Best
   effort. */
void queue_leave(queue_t *queue);

/* Says that the slot lives. Makes the jobs of schedules whose time has come,
   and buries what was interrupted too often. The ids of new jobs, as an array
   to json_decref(). */
queue_rc_t queue_tick(queue_t *queue, json_t **ids);

/* The ids of jobs that are due and that nobody was told of lately, as an array
   to json_decref(). */
queue_rc_t queue_announce(queue_t *queue, json_t **ids);

/* For kinds of jobs with functions of their own in sql/: the statement's one
   value is JSON. On QUEUE_OK `*answer` is it, to json_decref(). */
queue_rc_t queue_ask(queue_t *queue, const char *sql, int n,
                     const char *const *params, json_t **answer);

/* Cancels the other jobs of the media that `id` removes. `*held` is how many
   slots have not let go yet. */
queue_rc_t queue_cancel_others(queue_t *queue, const char *id, int *held);

/* The files are gone: deletes the media's row, and its jobs with it. */
queue_rc_t queue_finish_remove(queue_t *queue, const char *id);

#endif
