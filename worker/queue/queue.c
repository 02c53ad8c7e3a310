#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libpq-fe.h>
#include "core/base/schema.h"
#include "core/base/sqlstate.h"
#include "worker/base/clock.h"
#include "worker/base/log.h"
#include "worker/base/pulse.h"
#include "postgres.h"
#include "queue.h"

#define QUEUE_TIMEOUT_MS 10000 /* a server that hangs is away */
#define QUEUE_SETTINGS                                      \
    "select set_config('statement_timeout', '9s', false), " \
    "set_config('lock_timeout', '4s', false) "              \
    "where pg_backend_pid() = %d"
#define QUEUE_ANNOUNCE_MANY "100"
#define QUEUE_ANNOUNCE_TEXT "5 seconds" /* between two calls for one job */
#define QUEUE_PARAMS_MAX 6

#define QUEUE_STRING(x) QUEUE_STRING_OF(x)
#define QUEUE_STRING_OF(x) #x
#define QUEUE_LEASE_TEXT QUEUE_STRING(QUEUE_LEASE_SECONDS) " seconds"

struct queue_s {
    PGconn *conn;
    char *conninfo;
    char *slot;
    int away;   /* said so in the log */
    int old;    /* the same of its schema */
    int unsure; /* an answer was lost: maybe one that gave a job */
};


void
queue_free(queue_t *queue)
{
    if (queue == NULL) {
        return;
    }

    PQfinish(queue->conn);
    free(queue->conninfo);
    free(queue->slot);
    free(queue);
}


queue_t *
queue_create(const char *conninfo, const char *slot)
{
    queue_t *queue;

    queue = calloc(1, sizeof(*queue));
    if (queue == NULL) {
        return NULL;
    }

    queue->conninfo = strdup(conninfo);
    queue->slot = strdup(slot);
    if (queue->conninfo == NULL || queue->slot == NULL) {
        queue_free(queue);
        return NULL;
    }

    return queue;
}


static void
queue_lose(queue_t *queue, const char *why)
{
    if (!queue->away) {
        log_write(LOG_WARN, "database: away: %s", *why ? why : "no answer");
        queue->away = 1;
    }

    PQfinish(queue->conn);
    queue->conn = NULL;
    queue->unsure = 1;
}


/* 0 when a result can be had without waiting; -1 when the server is silent too
   long or the connection breaks. */
static int
queue_wait(PGconn *conn, int64_t until)
{
    int64_t left;
    struct pollfd poller = { .events = POLLIN };

    poller.fd = PQsocket(conn);

    while (PQisBusy(conn)) {
        left = until - clock_now();
        if (left <= 0) {
            return -1;
        }
        if (poll(&poller, 1, (int) left) > 0 && !PQconsumeInput(conn)) {
            return -1;
        }
    }

    return 0;
}


/* The statement's last result: what goes wrong at the commit comes second. NULL
   when it did not come. */
static PGresult *
queue_await(PGconn *conn)
{
    PGresult *result = NULL, *next;
    const int64_t until = clock_now() + QUEUE_TIMEOUT_MS;

    while (queue_wait(conn, until) == 0) {
        next = PQgetResult(conn);
        if (next == NULL) {
            return result;
        }
        PQclear(result);
        result = next;
    }

    PQclear(result);
    return NULL;
}


/* A statement that a new connection begins with; NULL, and the connection is
   lost, without an answer. */
static PGresult *
queue_begin(queue_t *queue, const char *sql)
{
    PGresult *result = NULL;

    if (PQsendQueryParams(queue->conn, sql, 0, NULL, NULL, NULL, NULL, 0)) {
        result = queue_await(queue->conn);
    }
    if (result == NULL || PQstatus(queue->conn) != CONNECTION_OK) {
        PQclear(result);
        queue_lose(queue, PQerrorMessage(queue->conn));
        return NULL;
    }

    return result;
}


/* The server stops at what is not waited for any longer, and does not queue for
   a lock so long that the others stand behind it. By a statement, since poolers
   refuse options; and not in a session that is a pooler's, who gives it to
   others next. */
static int
queue_settle(queue_t *queue)
{
    char sql[sizeof(QUEUE_SETTINGS) + 16];
    PGresult *result;

    snprintf(sql, sizeof(sql), QUEUE_SETTINGS, PQbackendPID(queue->conn));
    result = queue_begin(queue, sql);

    if (result != NULL && PQresultStatus(result) != PGRES_TUPLES_OK) {
        queue_lose(queue, PQerrorMessage(queue->conn));
    }

    PQclear(result);
    return queue->conn != NULL ? 0 : -1;
}


/* A record that is older than we are lacks what we call: it is waited for. */
static int
queue_fits(queue_t *queue)
{
    int has;
    PGresult *result = queue_begin(queue, "select " SCHEMA_APPLIED);

    if (result == NULL) {
        return -1;
    }

    has = PQresultStatus(result) == PGRES_TUPLES_OK
              ? atoi(PQgetvalue(result, 0, 0))
              : 0;
    PQclear(result);

    if (has < SLUICE_SCHEMA) {
        if (!queue->old) {
            log_write(LOG_WARN,
                      "database: it has schema %d, this worker wants %d: run "
                      "\"sluicectl db migrate\"",
                      has, SLUICE_SCHEMA);
        }
        queue->old = 1;
        queue->away = 1;
        queue_lose(queue, "");
        return -1;
    }

    queue->old = 0;
    return 0;
}


static int
queue_connect(queue_t *queue)
{
    if (queue->conn != NULL) {
        return 0;
    }

    queue->conn = postgres_connect(queue->conninfo, "sluice-worker", 1);

    if (PQstatus(queue->conn) != CONNECTION_OK) {
        queue_lose(queue, PQerrorMessage(queue->conn));
        return -1;
    }

    if (queue_settle(queue) != 0 || queue_fits(queue) != 0) {
        return -1;
    }

    if (queue->away) {
        log_write(LOG_INFO, "database: back again");
        queue->away = 0;
    }

    return 0;
}


/* One value comes back; a null of SQL is QUEUE_NONE. */
static queue_rc_t
queue_call(queue_t *queue, const char *sql, int n, const char *const *params,
           char **value)
{
    queue_rc_t rc = QUEUE_OK;
    PGresult *result;
    const char *state;

    pulse_beat(); /* whoever makes several calls may wait for each */

    if (queue_connect(queue) != 0) {
        return QUEUE_AWAY;
    }

    if (!PQsendQueryParams(queue->conn, sql, n, NULL, params, NULL, NULL, 0)) {
        queue_lose(queue, PQerrorMessage(queue->conn));
        return QUEUE_AWAY;
    }

    result = queue_await(queue->conn);

    if (result == NULL || PQstatus(queue->conn) != CONNECTION_OK) {
        PQclear(result);
        queue_lose(queue, PQerrorMessage(queue->conn));
        return QUEUE_AWAY;
    }

    state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (state != NULL && sqlstate_passes(sqlstate_read(state))) {
        queue_lose(queue, PQresultErrorMessage(result));
        PQclear(result);
        return QUEUE_AWAY;
    }

    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        log_write(LOG_ERROR, "database: %s: %s", sql,
                  PQresultErrorMessage(result));
        rc = QUEUE_REFUSED;

    } else if (value != NULL) {
        if (PQntuples(result) != 1 || PQgetisnull(result, 0, 0)) {
            rc = QUEUE_NONE;
        } else {
            *value = strdup(PQgetvalue(result, 0, 0));
            rc = *value ? QUEUE_OK : QUEUE_REFUSED;
        }
    }

    PQclear(result);
    return rc;
}


static queue_rc_t
queue_call_json(queue_t *queue, const char *sql, int n,
                const char *const *params, json_t **value)
{
    char *text = NULL;
    queue_rc_t rc;

    rc = queue_call(queue, sql, n, params, &text);
    if (rc == QUEUE_OK) {
        *value = json_loads(text, JSON_DECODE_ANY, NULL);
        rc = *value ? QUEUE_OK : QUEUE_REFUSED;
    }

    free(text);
    return rc;
}


/* By one of two statements: the first one has in front what the slot may have
   got already. */
static queue_rc_t
queue_take_by(queue_t *queue, const char *const sql[2], json_t **job)
{
    queue_rc_t rc;
    const char *params[] = { queue->slot, QUEUE_LEASE_TEXT };

    rc = queue_call_json(queue, sql[!queue->unsure], 2, params, job);
    if (rc != QUEUE_AWAY) {
        queue->unsure = 0;
    }

    return rc;
}


queue_rc_t
queue_take(queue_t *queue, json_t **job)
{
    static const char *const sql[] = {
        "select coalesce(queue.recall($1, $2), queue.take_next($1, $2))",
        "select queue.take_next($1, $2)"
    };

    return queue_take_by(queue, sql, job);
}


queue_rc_t
queue_take_mail(queue_t *queue, json_t **job)
{
    static const char *const sql[] = {
        "select coalesce(queue.recall($1, $2), queue.take_mail($1, $2))",
        "select queue.take_mail($1, $2)"
    };

    return queue_take_by(queue, sql, job);
}


queue_rc_t
queue_renew(queue_t *queue, const char *id, double progress, int seconds_left,
            json_int_t *version)
{
    char percent[32], seconds[16], *value = NULL;
    queue_rc_t rc;
    const char *params[] = { id, queue->slot, QUEUE_LEASE_TEXT, percent,
                             seconds_left >= 0 ? seconds : NULL };

    snprintf(percent, sizeof(percent), "%.2f", progress);
    snprintf(seconds, sizeof(seconds), "%d", seconds_left);

    rc = queue_call(queue, "select queue.renew($1, $2, $3, $4, $5)", 5, params,
                    &value);
    if (rc == QUEUE_OK) {
        *version = strtoll(value, NULL, 10);
    }

    free(value);
    return rc;
}


/* {"a","b"}: the items are kinds of jobs and need no escapes. */
static char *
queue_array(const char *const *items)
{
    char *text, *end;
    size_t size = sizeof("{}");
    const char *const *item;

    for (item = items; *item != NULL; item++) {
        size += strlen(*item) + 1;
    }

    text = malloc(size);
    if (text == NULL) {
        return NULL;
    }

    end = stpcpy(text, "{");
    for (item = items; *item != NULL; item++) {
        end = stpcpy(stpcpy(end, item == items ? "" : ","), *item);
    }
    stpcpy(end, "}");

    return text;
}


queue_rc_t
queue_finish(queue_t *queue, const char *id, const json_t *patch,
             const json_t *result, const char *const *next, int more,
             json_t **answer)
{
    char *patch_text, *result_text, *kinds;
    queue_rc_t rc = QUEUE_REFUSED;
    const char *params[QUEUE_PARAMS_MAX];

    patch_text = patch ? json_dumps(patch, JSON_COMPACT) : strdup("{}");
    result_text = result ? json_dumps(result, JSON_COMPACT) : strdup("{}");
    kinds = queue_array(next);

    if (patch_text != NULL && result_text != NULL && kinds != NULL) {
        params[0] = id;
        params[1] = queue->slot;
        params[2] = patch_text;
        params[3] = result_text;
        params[4] = kinds;
        params[5] = more ? QUEUE_LEASE_TEXT : NULL;
        rc = queue_call_json(queue,
                             "select queue.finish($1, $2, $3, $4, $5, $6)", 6,
                             params, answer);
    }

    free(patch_text);
    free(result_text);
    free(kinds);
    return rc;
}


/* A job that was not done, by a statement that returns its state. */
static queue_rc_t
queue_call_state(queue_t *queue, const char *sql, const char *const params[4],
                 int *dead)
{
    char *state = NULL;
    queue_rc_t rc;

    rc = queue_call(queue, sql, 4, params, &state);
    if (rc == QUEUE_OK) {
        *dead = strcmp(state, "dead") == 0;
    }

    free(state);
    return rc;
}


queue_rc_t
queue_fail(queue_t *queue, const char *id, const char *reason, int again,
           int *dead)
{
    const char *params[] = { id, queue->slot, reason, again ? "t" : "f" };

    return queue_call_state(queue, "select queue.fail($1, $2, $3, $4)", params,
                            dead);
}


queue_rc_t
queue_put_off(queue_t *queue, const char *id, const char *reason, int seconds,
              int *dead)
{
    char text[16];
    const char *params[] = { id, queue->slot, reason, text };

    snprintf(text, sizeof(text), "%d", seconds);

    return queue_call_state(queue, "select queue.put_off($1, $2, $3, $4)",
                            params, dead);
}


static queue_rc_t
queue_call_truth(queue_t *queue, const char *sql, int n,
                 const char *const *params)
{
    char *value = NULL;
    queue_rc_t rc;

    rc = queue_call(queue, sql, n, params, &value);
    if (rc == QUEUE_OK && *value != 't') {
        rc = QUEUE_NONE;
    }

    free(value);
    return rc;
}


queue_rc_t
queue_give_back(queue_t *queue, const char *id)
{
    const char *params[] = { id, queue->slot };

    return queue_call_truth(queue, "select queue.give_back($1, $2)", 2, params);
}


queue_rc_t
queue_release(queue_t *queue, const char *slot, json_t **ids)
{
    return queue_call_json(queue, "select queue.release($1)", 1, &slot, ids);
}


void
queue_leave(queue_t *queue)
{
    const char *slot = queue->slot;

    if (queue->conn != NULL) {
        (void) queue_call(queue, "select queue.leave($1)", 1, &slot, NULL);
    }
}


queue_rc_t
queue_tick(queue_t *queue, json_t **ids)
{
    const char *params[] = { queue->slot };

    return queue_call_json(queue, "select queue.tick($1)", 1, params, ids);
}


queue_rc_t
queue_announce(queue_t *queue, json_t **ids)
{
    const char *params[] = { QUEUE_ANNOUNCE_MANY, QUEUE_ANNOUNCE_TEXT };

    return queue_call_json(queue,
                           "select coalesce(json_agg(id), '[]') "
                           "from queue.announce($1, $2) as id",
                           2, params, ids);
}


queue_rc_t
queue_ask(queue_t *queue, const char *sql, int n, const char *const *params,
          json_t **answer)
{
    return queue_call_json(queue, sql, n, params, answer);
}


queue_rc_t
queue_cancel_others(queue_t *queue, const char *id, int *held)
{
    char *count = NULL;
    queue_rc_t rc;
    const char *params[] = { id, queue->slot };

    rc = queue_call(queue, "select queue.cancel_others($1, $2)", 2, params,
                    &count);
    if (rc == QUEUE_OK) {
        *held = atoi(count);
    }

    free(count);
    return rc;
}


queue_rc_t
queue_finish_remove(queue_t *queue, const char *id)
{
    const char *params[] = { id, queue->slot };

    return queue_call_truth(queue, "select queue.finish_remove($1, $2)", 2,
                            params);
}
