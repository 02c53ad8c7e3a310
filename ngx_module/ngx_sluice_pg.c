#include "ngx_sluice_pg.h"
#include "ngx_sluice_pg_conf.h"
#include "ngx_sluice_event.h"

#include <libpq-fe.h>


#define NGX_SLUICE_PG_MAX_STATEMENTS 64
#define NGX_SLUICE_PG_RETRY 1000 /* ms after a failed connect */


typedef struct ngx_sluice_pg_conn_s ngx_sluice_pg_conn_t;

typedef void (*ngx_sluice_pg_step_pt)(ngx_sluice_pg_conn_t *conn);


struct ngx_sluice_pg_s {
    const char **keywords;
    const char **values;

    ngx_uint_t pool;
    ngx_uint_t max_waiting;
    ngx_msec_t timeout;

    /* this process's, filled while it serves */
    ngx_uint_t open;
    ngx_queue_t idle;
    ngx_queue_t busy;
    ngx_queue_t waiting;
    ngx_uint_t nwaiting;
    ngx_msec_t retry_at;
    unsigned ready : 1; /* the queues are initialized */
    unsigned away : 1;  /* the last connect failed */
};


struct ngx_sluice_pg_query_s {
    ngx_queue_t queue; /* in pg->waiting */
    ngx_sluice_pg_t *pg;
    ngx_sluice_pg_conn_t *conn;       /* NULL while it waits */
    ngx_event_t timer;                /* from submission to answer */
    ngx_sluice_pg_handler_pt handler; /* NULL when cancelled */
    void *data;
    const ngx_sluice_pg_statement_t *statement;
    const char *values[NGX_SLUICE_PG_MAX_PARAMS];
};


struct ngx_sluice_pg_conn_s {
    ngx_queue_t queue; /* in pg->idle or pg->busy */
    ngx_sluice_pg_t *pg;
    PGconn *db;
    ngx_connection_t *c;
    ngx_event_t timer;          /* while connecting */
    ngx_sluice_pg_step_pt step; /* what an event continues */
    ngx_sluice_pg_query_t *query;
    PGresult *result; /* the last of the query */
    ngx_uint_t nstatements;
    const ngx_sluice_pg_statement_t *statements[NGX_SLUICE_PG_MAX_STATEMENTS];
};


static void ngx_sluice_pg_init(ngx_sluice_pg_t *pg);
static void ngx_sluice_pg_notice(void *arg, const char *message);
static ngx_int_t ngx_sluice_pg_connect(ngx_sluice_pg_t *pg);
static void ngx_sluice_pg_connecting(ngx_sluice_pg_conn_t *conn);
static ngx_int_t ngx_sluice_pg_attach(ngx_sluice_pg_conn_t *conn,
                                      ngx_uint_t read, ngx_uint_t write);
static void ngx_sluice_pg_connect_timeout(ngx_event_t *ev);
static void ngx_sluice_pg_event(ngx_event_t *ev);
static void ngx_sluice_pg_idle(ngx_sluice_pg_conn_t *conn);
static void ngx_sluice_pg_next(ngx_sluice_pg_conn_t *conn);
static void ngx_sluice_pg_start(ngx_sluice_pg_conn_t *conn,
                                ngx_sluice_pg_query_t *query);
static ngx_int_t ngx_sluice_pg_prepared(ngx_sluice_pg_conn_t *conn);
static void ngx_sluice_pg_preparing(ngx_sluice_pg_conn_t *conn);
static void ngx_sluice_pg_execute(ngx_sluice_pg_conn_t *conn);
static void ngx_sluice_pg_executing(ngx_sluice_pg_conn_t *conn);
static ngx_int_t ngx_sluice_pg_flush(ngx_sluice_pg_conn_t *conn);
static ngx_int_t ngx_sluice_pg_read(ngx_sluice_pg_conn_t *conn);
static void ngx_sluice_pg_query_timeout(ngx_event_t *ev);
static void ngx_sluice_pg_finish(ngx_sluice_pg_conn_t *conn);
static sluice_status_t ngx_sluice_pg_status(PGresult *result);
static void ngx_sluice_pg_answer(ngx_sluice_pg_query_t *query,
                                 sluice_status_t status, PGresult *result);
static void ngx_sluice_pg_lost(ngx_sluice_pg_conn_t *conn, const char *what);
static void ngx_sluice_pg_conn_free(ngx_sluice_pg_conn_t *conn);
static void ngx_sluice_pg_replenish(ngx_sluice_pg_t *pg);


ngx_sluice_pg_t *
ngx_sluice_pg_alloc(ngx_conf_t *cf, ngx_uint_t options)
{
    ngx_sluice_pg_t *pg;

    pg = ngx_pcalloc(cf->pool, sizeof(ngx_sluice_pg_t));
    if (pg == NULL) {
        return NULL;
    }

    /* zeroed: the lists end where the options do */
    pg->keywords = ngx_pcalloc(cf->pool, options * sizeof(char *));
    pg->values = ngx_pcalloc(cf->pool, options * sizeof(char *));

    return pg->keywords && pg->values ? pg : NULL;
}


void
ngx_sluice_pg_option(ngx_sluice_pg_t *pg, ngx_uint_t n, const char *keyword,
                     const char *value)
{
    pg->keywords[n] = keyword;
    pg->values[n] = value;
}


void
ngx_sluice_pg_limits(ngx_sluice_pg_t *pg, ngx_uint_t pool, ngx_uint_t waiting,
                     ngx_msec_t timeout)
{
    pg->pool = pool;
    pg->max_waiting = waiting;
    pg->timeout = timeout;
}


static void
ngx_sluice_pg_init(ngx_sluice_pg_t *pg)
{
    if (pg->ready) {
        return;
    }

    ngx_queue_init(&pg->idle);
    ngx_queue_init(&pg->busy);
    ngx_queue_init(&pg->waiting);
    pg->ready = 1;
}


sluice_status_t
ngx_sluice_pg_query(ngx_sluice_pg_t *pg,
                    const ngx_sluice_pg_statement_t *statement,
                    const ngx_str_t *params, ngx_sluice_pg_handler_pt handler,
                    void *data, ngx_sluice_pg_query_t **handle)
{
    u_char *p;
    size_t size;
    ngx_uint_t i;
    ngx_queue_t *q;
    ngx_sluice_pg_query_t *query;

    ngx_sluice_pg_init(pg);

    if (pg->nwaiting >= pg->max_waiting) {
        return SLUICE_BUSY;
    }

    if (ngx_queue_empty(&pg->idle) && pg->open < pg->pool) {
        if (ngx_sluice_pg_connect(pg) != NGX_OK && pg->open == 0) {
            return SLUICE_DATABASE_AWAY;
        }
    }

    size = sizeof(ngx_sluice_pg_query_t);

    for (i = 0; i < statement->nparams; i++) {
        size += params[i].len + 1;
    }

    query = ngx_alloc(size, ngx_cycle->log);
    if (query == NULL) {
        return SLUICE_INTERNAL;
    }

    ngx_memzero(query, sizeof(ngx_sluice_pg_query_t));

    p = (u_char *) (query + 1);

    for (i = 0; i < statement->nparams; i++) {
        if (params[i].data == NULL) {
            continue;
        }

        query->values[i] = (const char *) p;
        p = ngx_cpymem(p, params[i].data, params[i].len);
        *p++ = '\0';
    }

    query->pg = pg;
    query->statement = statement;
    query->handler = handler;
    query->data = data;
    query->timer.handler = ngx_sluice_pg_query_timeout;
    query->timer.data = query;
    query->timer.log = ngx_cycle->log;

    ngx_add_timer(&query->timer, pg->timeout);

    *handle = query;

    ngx_queue_insert_tail(&pg->waiting, &query->queue);
    pg->nwaiting++;

    if (!ngx_queue_empty(&pg->idle)) {
        q = ngx_queue_head(&pg->idle);
        ngx_sluice_pg_next(ngx_queue_data(q, ngx_sluice_pg_conn_t, queue));
    }

    return SLUICE_OK;
}


void
ngx_sluice_pg_cancel(ngx_sluice_pg_query_t *query)
{
    if (query->conn) {
        query->handler = NULL;
        return;
    }

    ngx_queue_remove(&query->queue);
    query->pg->nwaiting--;
    query->handler = NULL;
    ngx_sluice_pg_answer(query, SLUICE_INTERNAL, NULL);
}


ngx_int_t
ngx_sluice_pg_value(const ngx_sluice_pg_result_t *result, ngx_uint_t row,
                    ngx_uint_t column, ngx_str_t *value)
{
    PGresult *res = result->opaque;

    if (row >= result->rows || (int) column >= PQnfields(res)
        || PQgetisnull(res, (int) row, (int) column)) {
        ngx_str_null(value);
        return NGX_DECLINED;
    }

    value->data = (u_char *) PQgetvalue(res, (int) row, (int) column);
    value->len = (size_t) PQgetlength(res, (int) row, (int) column);

    return NGX_OK;
}


void
ngx_sluice_pg_close(ngx_sluice_pg_t *pg)
{
    ngx_queue_t *q;
    ngx_sluice_pg_conn_t *conn;

    ngx_sluice_pg_init(pg);

    while (!ngx_queue_empty(&pg->idle)) {
        q = ngx_queue_head(&pg->idle);
        ngx_sluice_pg_conn_free(ngx_queue_data(q, ngx_sluice_pg_conn_t, queue));
    }

    while (!ngx_queue_empty(&pg->busy)) {
        q = ngx_queue_head(&pg->busy);
        conn = ngx_queue_data(q, ngx_sluice_pg_conn_t, queue);

        if (conn->query) {
            conn->query->handler = NULL;
            ngx_sluice_pg_answer(conn->query, SLUICE_INTERNAL, NULL);
        }

        ngx_sluice_pg_conn_free(conn);
    }
}


static void
ngx_sluice_pg_notice(void *arg, const char *message)
{
    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0, "postgresql: %s", message);
}


/*
 * connecting: NGX_OK when a connection is on its way; a failure is counted
 * against the whole pool for a while, so that an absent server costs nothing
 */

static ngx_int_t
ngx_sluice_pg_connect(ngx_sluice_pg_t *pg)
{
    ngx_sluice_pg_conn_t *conn;

    if (pg->away && (ngx_msec_int_t) (pg->retry_at - ngx_current_msec) > 0) {
        return NGX_DECLINED;
    }

    conn = ngx_calloc(sizeof(ngx_sluice_pg_conn_t), ngx_cycle->log);
    if (conn == NULL) {
        return NGX_ERROR;
    }

    conn->pg = pg;
    conn->step = ngx_sluice_pg_connecting;
    conn->timer.handler = ngx_sluice_pg_connect_timeout;
    conn->timer.data = conn;
    conn->timer.log = ngx_cycle->log;

    pg->open++;
    ngx_queue_insert_tail(&pg->busy, &conn->queue);

    conn->db = PQconnectStartParams(pg->keywords, pg->values, 0);

    if (conn->db == NULL || PQstatus(conn->db) == CONNECTION_BAD
        || ngx_sluice_pg_attach(conn, 0, 1) != NGX_OK) {
        ngx_sluice_pg_lost(conn, "connect");
        return NGX_ERROR;
    }

    (void) PQsetNoticeProcessor(conn->db, ngx_sluice_pg_notice, NULL);

    ngx_add_timer(&conn->timer, pg->timeout);

    return NGX_OK;
}


static void
ngx_sluice_pg_connecting(ngx_sluice_pg_conn_t *conn)
{
    ngx_int_t rc;
    PostgresPollingStatusType poll;

    /* libpq may close this socket and open another between two polls */
    ngx_sluice_event_detach(conn->c, 0);
    conn->c = NULL;

    poll = PQconnectPoll(conn->db);

    if (poll == PGRES_POLLING_FAILED) {
        ngx_sluice_pg_lost(conn, "connect");
        return;
    }

    rc = ngx_sluice_pg_attach(conn, poll != PGRES_POLLING_WRITING,
                              poll == PGRES_POLLING_WRITING);

    if (rc != NGX_OK) {
        ngx_sluice_pg_lost(conn, "connect");
        return;
    }

    if (poll != PGRES_POLLING_OK) {
        return;
    }

    ngx_del_timer(&conn->timer);

    if (PQsetnonblocking(conn->db, 1) != 0) {
        ngx_sluice_pg_lost(conn, "connect");
        return;
    }

    conn->pg->away = 0;
    ngx_sluice_pg_next(conn);
}


static ngx_int_t
ngx_sluice_pg_attach(ngx_sluice_pg_conn_t *conn, ngx_uint_t read,
                     ngx_uint_t write)
{
    conn->c = ngx_sluice_event_attach(PQsocket(conn->db), conn,
                                      ngx_sluice_pg_event, ngx_sluice_pg_event);
    if (conn->c == NULL) {
        return NGX_ERROR;
    }

    return ngx_sluice_event_want(conn->c, read, write);
}


static void
ngx_sluice_pg_connect_timeout(ngx_event_t *ev)
{
    ngx_sluice_pg_lost(ev->data, "connect timed out");
}


static void
ngx_sluice_pg_event(ngx_event_t *ev)
{
    ngx_connection_t *c = ev->data;
    ngx_sluice_pg_conn_t *conn = c->data;

    conn->step(conn);
}


/* between queries */

static void
ngx_sluice_pg_idle(ngx_sluice_pg_conn_t *conn)
{
    PGnotify *notify;

    /* readable without a query: a notice, or the server going away */

    if (conn->c->close || PQconsumeInput(conn->db) == 0
        || PQstatus(conn->db) == CONNECTION_BAD) {
        ngx_sluice_pg_conn_free(conn);
        return;
    }

    while ((notify = PQnotifies(conn->db)) != NULL) {
        PQfreemem(notify);
    }
}


static void
ngx_sluice_pg_next(ngx_sluice_pg_conn_t *conn)
{
    ngx_queue_t *q;
    ngx_sluice_pg_t *pg = conn->pg;

    ngx_queue_remove(&conn->queue);

    if (!ngx_queue_empty(&pg->waiting)) {
        ngx_queue_insert_tail(&pg->busy, &conn->queue);

        q = ngx_queue_head(&pg->waiting);
        ngx_queue_remove(q);
        pg->nwaiting--;

        conn->c->idle = 0;
        ngx_sluice_pg_start(conn,
                            ngx_queue_data(q, ngx_sluice_pg_query_t, queue));
        return;
    }

    ngx_queue_insert_head(&pg->idle, &conn->queue);

    if (ngx_exiting || ngx_sluice_event_want(conn->c, 1, 0) != NGX_OK) {
        ngx_sluice_pg_conn_free(conn);
        return;
    }

    conn->step = ngx_sluice_pg_idle;
    conn->c->idle = 1;
}


/* a query: prepare once per connection, then execute */

static void
ngx_sluice_pg_start(ngx_sluice_pg_conn_t *conn, ngx_sluice_pg_query_t *query)
{
    conn->query = query;
    query->conn = conn;

    if (ngx_sluice_pg_prepared(conn) == NGX_OK) {
        ngx_sluice_pg_execute(conn);
        return;
    }

    conn->step = ngx_sluice_pg_preparing;

    if (PQsendPrepare(conn->db, query->statement->name, query->statement->sql,
                      (int) query->statement->nparams, NULL)
            == 0
        || ngx_sluice_pg_flush(conn) != NGX_OK) {
        /* not inside the submitting call: the timer's next tick tells */
        ngx_add_timer(&query->timer, 0);
    }
}


static ngx_int_t
ngx_sluice_pg_prepared(ngx_sluice_pg_conn_t *conn)
{
    ngx_uint_t i;

    for (i = 0; i < conn->nstatements; i++) {
        if (conn->statements[i] == conn->query->statement) {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


static void
ngx_sluice_pg_preparing(ngx_sluice_pg_conn_t *conn)
{
    ngx_int_t rc;

    rc = ngx_sluice_pg_read(conn);

    if (rc == NGX_AGAIN) {
        return;
    }

    if (rc != NGX_OK) {
        ngx_sluice_pg_lost(conn, "prepare");
        return;
    }

    if (PQresultStatus(conn->result) != PGRES_COMMAND_OK
        || conn->nstatements == NGX_SLUICE_PG_MAX_STATEMENTS) {
        ngx_sluice_pg_finish(conn);
        return;
    }

    conn->statements[conn->nstatements++] = conn->query->statement;

    PQclear(conn->result);
    conn->result = NULL;

    ngx_sluice_pg_execute(conn);
}


static void
ngx_sluice_pg_execute(ngx_sluice_pg_conn_t *conn)
{
    ngx_sluice_pg_query_t *query = conn->query;

    conn->step = ngx_sluice_pg_executing;

    if (PQsendQueryPrepared(conn->db, query->statement->name,
                            (int) query->statement->nparams, query->values,
                            NULL, NULL, 0)
            == 0
        || ngx_sluice_pg_flush(conn) != NGX_OK) {
        ngx_add_timer(&query->timer, 0);
    }
}


static void
ngx_sluice_pg_executing(ngx_sluice_pg_conn_t *conn)
{
    ngx_int_t rc;

    rc = ngx_sluice_pg_read(conn);

    if (rc == NGX_OK) {
        ngx_sluice_pg_finish(conn);

    } else if (rc == NGX_ERROR) {
        ngx_sluice_pg_lost(conn, "query");
    }
}


static ngx_int_t
ngx_sluice_pg_flush(ngx_sluice_pg_conn_t *conn)
{
    int rc;

    rc = PQflush(conn->db);

    return rc < 0 ? NGX_ERROR : ngx_sluice_event_want(conn->c, 1, rc == 1);
}


static ngx_int_t
ngx_sluice_pg_read(ngx_sluice_pg_conn_t *conn)
{
    PGresult *result;

    if (PQconsumeInput(conn->db) == 0 || ngx_sluice_pg_flush(conn) != NGX_OK) {
        return NGX_ERROR;
    }

    while (!PQisBusy(conn->db)) {
        result = PQgetResult(conn->db);

        if (result == NULL) {
            return conn->result ? NGX_OK : NGX_ERROR;
        }

        PQclear(conn->result);
        conn->result = result;
    }

    return NGX_AGAIN;
}


static void
ngx_sluice_pg_query_timeout(ngx_event_t *ev)
{
    ngx_sluice_pg_query_t *query = ev->data;

    if (query->conn) {
        ngx_sluice_pg_lost(query->conn, "query timed out or was not sent");
        return;
    }

    ngx_queue_remove(&query->queue);
    query->pg->nwaiting--;
    ngx_sluice_pg_answer(query, SLUICE_DATABASE_AWAY, NULL);
}


/* answers */

static void
ngx_sluice_pg_finish(ngx_sluice_pg_conn_t *conn)
{
    PGresult *result = conn->result;
    sluice_status_t status;
    ngx_sluice_pg_query_t *query = conn->query;

    status = ngx_sluice_pg_status(result);

    conn->query = NULL;
    conn->result = NULL;

    if (status == SLUICE_INTERNAL || status == SLUICE_DATABASE_AWAY) {
        /* a plan that went stale, a session being shut down: start afresh */
        ngx_sluice_pg_conn_free(conn);
        ngx_sluice_pg_replenish(query->pg);

    } else {
        ngx_sluice_pg_next(conn);
    }

    ngx_sluice_pg_answer(query, status, result);
    PQclear(result);
}


static sluice_status_t
ngx_sluice_pg_status(PGresult *result)
{
    const char *state;

    if (PQresultStatus(result) == PGRES_TUPLES_OK
        || PQresultStatus(result) == PGRES_COMMAND_OK) {
        return SLUICE_OK;
    }

    state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (state == NULL) {
        return SLUICE_DATABASE_AWAY;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "postgresql: %s %s", state,
                  PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));

    /* classes of PostgreSQL's Appendix A */

    if (ngx_strncmp(state, "22", 2) == 0) {
        return SLUICE_FIELD_INVALID;
    }

    if (ngx_strncmp(state, "23", 2) == 0) {
        return SLUICE_CONFLICT;
    }

    if (ngx_strncmp(state, "08", 2) == 0 || ngx_strncmp(state, "53", 2) == 0
        || ngx_strncmp(state, "57", 2) == 0) {
        return SLUICE_DATABASE_AWAY;
    }

    return SLUICE_INTERNAL;
}


static void
ngx_sluice_pg_answer(ngx_sluice_pg_query_t *query, sluice_status_t status,
                     PGresult *res)
{
    ngx_sluice_pg_result_t result;

    if (query->timer.timer_set) {
        ngx_del_timer(&query->timer);
    }

    result.status = status;
    result.rows = (status == SLUICE_OK) ? (ngx_uint_t) PQntuples(res) : 0;
    result.opaque = res;

    if (query->handler) {
        query->handler(query->data, &result);
    }

    ngx_free(query);
}


static void
ngx_sluice_pg_lost(ngx_sluice_pg_conn_t *conn, const char *what)
{
    ngx_sluice_pg_t *pg = conn->pg;
    ngx_sluice_pg_query_t *query = conn->query;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "postgresql connection lost: %s: %s", what,
                  conn->db ? PQerrorMessage(conn->db) : "out of memory");

    if (conn->step == ngx_sluice_pg_connecting) {
        pg->away = 1;
        pg->retry_at = ngx_current_msec + NGX_SLUICE_PG_RETRY;
    }

    ngx_sluice_pg_conn_free(conn);

    if (query) {
        ngx_sluice_pg_answer(query, SLUICE_DATABASE_AWAY, NULL);
    }

    ngx_sluice_pg_replenish(pg);
}


static void
ngx_sluice_pg_conn_free(ngx_sluice_pg_conn_t *conn)
{
    ngx_queue_remove(&conn->queue);
    conn->pg->open--;

    if (conn->timer.timer_set) {
        ngx_del_timer(&conn->timer);
    }

    ngx_sluice_event_detach(conn->c, 1);
    PQclear(conn->result);
    PQfinish(conn->db);
    ngx_free(conn);
}


/* Those who wait get a new connection; without hope of one, an answer. */

static void
ngx_sluice_pg_replenish(ngx_sluice_pg_t *pg)
{
    ngx_queue_t *q;

    if (ngx_queue_empty(&pg->waiting) || pg->open == pg->pool
        || ngx_sluice_pg_connect(pg) == NGX_OK) {
        return;
    }

    while (pg->open == 0 && !ngx_queue_empty(&pg->waiting)) {
        q = ngx_queue_head(&pg->waiting);
        ngx_queue_remove(q);
        pg->nwaiting--;
        ngx_sluice_pg_answer(ngx_queue_data(q, ngx_sluice_pg_query_t, queue),
                             SLUICE_DATABASE_AWAY, NULL);
    }
}
