#include "ngx_sluice_pg_internal.h"


#define NGX_SLUICE_PG_RETRY 1000 /* ms after a failed connect */


static void ngx_sluice_pg_conn_opening(ngx_sluice_pg_conn_t *conn);
static void ngx_sluice_pg_conn_preparing(ngx_sluice_pg_conn_t *conn);
static void ngx_sluice_pg_conn_execute(ngx_sluice_pg_conn_t *conn);
static void ngx_sluice_pg_conn_executing(ngx_sluice_pg_conn_t *conn);
static void ngx_sluice_pg_conn_finish(ngx_sluice_pg_conn_t *conn);


static void
ngx_sluice_pg_conn_notice(void *arg, const char *message)
{
    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0, "postgresql: %s", message);
}


static void
ngx_sluice_pg_conn_open_timeout(ngx_event_t *ev)
{
    ngx_sluice_pg_conn_lost(ev->data, "connect timed out");
}


static void
ngx_sluice_pg_conn_event(ngx_event_t *ev)
{
    ngx_connection_t *c = ev->data;
    ngx_sluice_pg_conn_t *conn = c->data;

    conn->step(conn);
}


static ngx_int_t
ngx_sluice_pg_conn_attach(ngx_sluice_pg_conn_t *conn, ngx_uint_t read,
                          ngx_uint_t write)
{
    conn->c = ngx_sluice_event_attach(PQsocket(conn->db), conn,
                                      ngx_sluice_pg_conn_event,
                                      ngx_sluice_pg_conn_event);
    if (conn->c == NULL) {
        return NGX_ERROR;
    }

    return ngx_sluice_event_want(conn->c, read, write);
}


ngx_int_t
ngx_sluice_pg_conn_open(ngx_sluice_pg_t *pg)
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
    conn->step = ngx_sluice_pg_conn_opening;
    conn->timer.handler = ngx_sluice_pg_conn_open_timeout;
    conn->timer.data = conn;
    conn->timer.log = ngx_cycle->log;

    pg->open++;
    ngx_queue_insert_tail(&pg->busy, &conn->queue);

    conn->db = PQconnectStartParams(pg->keywords, pg->values, 0);

    if (conn->db == NULL || PQstatus(conn->db) == CONNECTION_BAD
        || ngx_sluice_pg_conn_attach(conn, 0, 1) != NGX_OK) {
        ngx_sluice_pg_conn_lost(conn, "connect");
        return NGX_ERROR;
    }

    (void) PQsetNoticeProcessor(conn->db, ngx_sluice_pg_conn_notice, NULL);

    ngx_add_timer(&conn->timer, pg->timeout);

    return NGX_OK;
}


static void
ngx_sluice_pg_conn_opening(ngx_sluice_pg_conn_t *conn)
{
    ngx_int_t rc;
    PostgresPollingStatusType poll;

    /* libpq may close this socket and open another between two polls */
    ngx_sluice_event_detach(conn->c, 0);
    conn->c = NULL;

    poll = PQconnectPoll(conn->db);

    if (poll == PGRES_POLLING_FAILED) {
        ngx_sluice_pg_conn_lost(conn, "connect");
        return;
    }

    rc = ngx_sluice_pg_conn_attach(conn, poll != PGRES_POLLING_WRITING,
                                   poll == PGRES_POLLING_WRITING);

    if (rc != NGX_OK) {
        ngx_sluice_pg_conn_lost(conn, "connect");
        return;
    }

    if (poll != PGRES_POLLING_OK) {
        return;
    }

    ngx_del_timer(&conn->timer);

    if (PQsetnonblocking(conn->db, 1) != 0) {
        ngx_sluice_pg_conn_lost(conn, "connect");
        return;
    }

    conn->pg->away = 0;
    ngx_sluice_pg_conn_next(conn);
}


/* between queries */

static void
ngx_sluice_pg_conn_idle(ngx_sluice_pg_conn_t *conn)
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


/* a query: prepare once per connection, then execute */

static ngx_int_t
ngx_sluice_pg_conn_prepared(ngx_sluice_pg_conn_t *conn)
{
    ngx_uint_t i;

    for (i = 0; i < conn->nstatements; i++) {
        if (conn->statements[i] == conn->query->statement) {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_sluice_pg_conn_flush(ngx_sluice_pg_conn_t *conn)
{
    int rc;

    rc = PQflush(conn->db);

    return rc < 0 ? NGX_ERROR : ngx_sluice_event_want(conn->c, 1, rc == 1);
}


/* Not inside the submitting call: the timer's next tick tells. */

static void
ngx_sluice_pg_conn_unsent(ngx_sluice_pg_query_t *query)
{
    query->unsent = 1;

    if (query->timer.timer_set) {
        ngx_del_timer(&query->timer);
    }

    ngx_add_timer(&query->timer, 0);
}


static void
ngx_sluice_pg_conn_start(ngx_sluice_pg_conn_t *conn,
                         ngx_sluice_pg_query_t *query)
{
    conn->query = query;
    query->conn = conn;

    if (ngx_sluice_pg_conn_prepared(conn) == NGX_OK) {
        ngx_sluice_pg_conn_execute(conn);
        return;
    }

    conn->step = ngx_sluice_pg_conn_preparing;

    if (PQsendPrepare(conn->db, query->statement->name, query->statement->sql,
                      (int) query->statement->nparams, NULL)
            == 0
        || ngx_sluice_pg_conn_flush(conn) != NGX_OK) {
        ngx_sluice_pg_conn_unsent(query);
    }
}


static ngx_int_t
ngx_sluice_pg_conn_read(ngx_sluice_pg_conn_t *conn)
{
    PGresult *result;

    if (PQconsumeInput(conn->db) == 0
        || ngx_sluice_pg_conn_flush(conn) != NGX_OK) {
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
ngx_sluice_pg_conn_preparing(ngx_sluice_pg_conn_t *conn)
{
    ngx_int_t rc;

    rc = ngx_sluice_pg_conn_read(conn);

    if (rc == NGX_AGAIN) {
        return;
    }

    if (rc != NGX_OK) {
        ngx_sluice_pg_conn_lost(conn, "prepare");
        return;
    }

    if (PQresultStatus(conn->result) != PGRES_COMMAND_OK) {
        ngx_sluice_pg_conn_finish(conn);
        return;
    }

    if (conn->nstatements == NGX_SLUICE_PG_MAX_STATEMENTS) {
        ngx_sluice_pg_conn_lost(conn, "too many statements");
        return;
    }

    conn->statements[conn->nstatements++] = conn->query->statement;

    if (conn->query->left
        && conn->query->statement->end == NGX_SLUICE_PG_STOP) {
        ngx_sluice_pg_conn_finish(conn);
        return;
    }

    PQclear(conn->result);
    conn->result = NULL;

    ngx_sluice_pg_conn_execute(conn);
}


static void
ngx_sluice_pg_conn_execute(ngx_sluice_pg_conn_t *conn)
{
    ngx_sluice_pg_query_t *query = conn->query;

    conn->step = ngx_sluice_pg_conn_executing;

    if (PQsendQueryPrepared(conn->db, query->statement->name,
                            (int) query->statement->nparams, query->values,
                            NULL, NULL, 0)
            == 0
        || ngx_sluice_pg_conn_flush(conn) != NGX_OK) {
        ngx_sluice_pg_conn_unsent(query);
    }
}


static void
ngx_sluice_pg_conn_executing(ngx_sluice_pg_conn_t *conn)
{
    ngx_int_t rc;

    rc = ngx_sluice_pg_conn_read(conn);

    if (rc == NGX_OK) {
        ngx_sluice_pg_conn_finish(conn);

    } else if (rc == NGX_ERROR) {
        ngx_sluice_pg_conn_lost(conn, "query");
    }
}


/* what nobody waits for */

ngx_uint_t
ngx_sluice_pg_conn_runs(ngx_sluice_pg_conn_t *conn)
{
    return conn->step == ngx_sluice_pg_conn_executing;
}


void
ngx_sluice_pg_conn_stopped(ngx_sluice_pg_conn_t *conn, ngx_uint_t may_hit)
{
    conn->stop = NULL;
    conn->spoilt = may_hit ? 1 : 0;

    if (conn->over) {
        ngx_sluice_pg_conn_finish(conn);
        return;
    }

    /* the server had not begun with it when it was asked */

    ngx_add_timer(&conn->again, NGX_SLUICE_PG_AGAIN);
}


/* answers */

/* canceled: by us, or since it took too long; the session is as good as new */

static ngx_uint_t
ngx_sluice_pg_conn_canceled(PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return state && ngx_strcmp(state, "57014") == 0;
}


static sluice_status_t
ngx_sluice_pg_conn_status(PGresult *result, ngx_uint_t level)
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

    ngx_log_error(level, ngx_cycle->log, 0, "postgresql: %s %s", state,
                  PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));

    /* classes of PostgreSQL's Appendix A */

    if (ngx_strncmp(state, "22", 2) == 0) {
        return SLUICE_FIELD_INVALID;
    }

    if (ngx_strncmp(state, "23", 2) == 0) {
        return SLUICE_CONFLICT;
    }

    /* 25: one that takes no writes is a standby of the one that is away */

    if (ngx_strncmp(state, "08", 2) == 0 || ngx_strncmp(state, "25", 2) == 0
        || ngx_strncmp(state, "53", 2) == 0
        || ngx_strncmp(state, "57", 2) == 0) {
        return SLUICE_DATABASE_AWAY;
    }

    return SLUICE_INTERNAL;
}


static void
ngx_sluice_pg_conn_finish(ngx_sluice_pg_conn_t *conn)
{
    PGresult *result = conn->result;
    ngx_uint_t canceled;
    sluice_status_t status;
    ngx_sluice_pg_query_t *query = conn->query;

    if (conn->stop) {
        conn->over = 1;
        return;
    }

    if (conn->again.timer_set) {
        ngx_del_timer(&conn->again);
    }

    canceled = ngx_sluice_pg_conn_canceled(result);
    status = ngx_sluice_pg_conn_status(
        result, canceled && query->left ? NGX_LOG_INFO : NGX_LOG_ERR);

    conn->query = NULL;
    conn->result = NULL;
    conn->over = 0;
    ngx_sluice_pg_turn_over(query);

    if (conn->spoilt || status == SLUICE_INTERNAL
        || (status == SLUICE_DATABASE_AWAY && !canceled)) {
        /* a plan that went stale, a session being shut down: start afresh */
        ngx_sluice_pg_conn_free(conn);
        ngx_sluice_pg_conn_replenish(query->pg);

    } else {
        ngx_sluice_pg_conn_next(conn);
    }

    ngx_sluice_pg_query_answer(query, status, result);
    PQclear(result);
}


void
ngx_sluice_pg_conn_lost(ngx_sluice_pg_conn_t *conn, const char *what)
{
    ngx_sluice_pg_t *pg = conn->pg;
    ngx_sluice_pg_query_t *query = conn->query;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "postgresql connection lost: %s: %s", what,
                  conn->db ? PQerrorMessage(conn->db) : "out of memory");

    if (conn->step == ngx_sluice_pg_conn_opening) {
        pg->away = 1;
        pg->retry_at = ngx_current_msec + NGX_SLUICE_PG_RETRY;
    }

    ngx_sluice_pg_conn_free(conn);

    if (query) {
        ngx_sluice_pg_turn_over(query);
        ngx_sluice_pg_query_answer(query, SLUICE_DATABASE_AWAY, NULL);
    }

    ngx_sluice_pg_conn_replenish(pg);
}


void
ngx_sluice_pg_conn_free(ngx_sluice_pg_conn_t *conn)
{
    ngx_queue_remove(&conn->queue);
    conn->pg->open--;

    if (conn->timer.timer_set) {
        ngx_del_timer(&conn->timer);
    }

    if (conn->again.timer_set) {
        ngx_del_timer(&conn->again);
    }

    if (conn->stop) {
        conn->stop->handler = NULL;
    }

    ngx_sluice_event_detach(conn->c, 1);
    PQclear(conn->result);
    PQfinish(conn->db);
    ngx_free(conn);
}


/* who waits for one */

void
ngx_sluice_pg_conn_next(ngx_sluice_pg_conn_t *conn)
{
    ngx_sluice_pg_t *pg = conn->pg;
    ngx_sluice_pg_query_t *query;

    ngx_queue_remove(&conn->queue);

    query = ngx_sluice_pg_turn_next(pg);

    if (query) {
        ngx_queue_insert_tail(&pg->busy, &conn->queue);
        conn->c->idle = 0;
        ngx_sluice_pg_conn_start(conn, query);
        return;
    }

    ngx_queue_insert_head(&pg->idle, &conn->queue);

    if (ngx_exiting || ngx_sluice_event_want(conn->c, 1, 0) != NGX_OK) {
        ngx_sluice_pg_conn_free(conn);
        return;
    }

    conn->step = ngx_sluice_pg_conn_idle;
    conn->c->idle = 1;
}


void
ngx_sluice_pg_conn_replenish(ngx_sluice_pg_t *pg)
{
    ngx_sluice_pg_query_t *query;

    if (pg->nwaiting == 0 || pg->open == pg->pool
        || ngx_sluice_pg_conn_open(pg) == NGX_OK) {
        return;
    }

    while (pg->open == 0 && (query = ngx_sluice_pg_turn_any(pg)) != NULL) {
        ngx_sluice_pg_turn_leave(query);
        ngx_sluice_pg_query_answer(query, SLUICE_DATABASE_AWAY, NULL);
    }
}
