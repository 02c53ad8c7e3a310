#include "ngx_sluice_pg_internal.h"
#include "core/base/sqlstate.h"


static void ngx_sluice_pg_conn_preparing(ngx_sluice_pg_conn_t *conn);
static void ngx_sluice_pg_conn_execute(ngx_sluice_pg_conn_t *conn);
static void ngx_sluice_pg_conn_executing(ngx_sluice_pg_conn_t *conn);
static void ngx_sluice_pg_conn_finish(ngx_sluice_pg_conn_t *conn);


/* until it may be used */

/* All who wait, in vain. */

static void
ngx_sluice_pg_conn_give_up(ngx_sluice_pg_t *pg)
{
    ngx_sluice_pg_query_t *query;

    while ((query = ngx_sluice_pg_turn_any(pg)) != NULL) {
        ngx_sluice_pg_turn_leave(query);
        ngx_sluice_pg_query_answer(query, SLUICE_DATABASE_AWAY, NULL);
    }
}


/* Closes what is idle at a server that we have left. */

static void
ngx_sluice_pg_conn_purge(ngx_sluice_pg_t *pg)
{
    ngx_queue_t *q, *next;
    ngx_sluice_pg_conn_t *conn;

    if (!pg->ready) {
        return;
    }

    for (q = ngx_queue_head(&pg->idle); q != ngx_queue_sentinel(&pg->idle);
         q = next) {
        next = ngx_queue_next(q);
        conn = ngx_queue_data(q, ngx_sluice_pg_conn_t, queue);

        if (ngx_sluice_pg_where_is_past(conn)) {
            ngx_sluice_pg_conn_free(conn);
        }
    }

    if (pg->stopper) {
        ngx_sluice_pg_conn_purge(pg->stopper);
    }
}


static void
ngx_sluice_pg_conn_opened(ngx_sluice_pg_conn_t *conn, const char *why)
{
    ngx_uint_t moved;
    ngx_sluice_pg_t *pg = conn->pg;

    if (why) {
        ngx_sluice_pg_conn_lost(conn, why);
        return;
    }

    moved = ngx_sluice_pg_where_reached(conn);

    if (moved) {
        ngx_sluice_pg_conn_purge(pg->where->pg);
    }

    /* what was to be stopped runs on another server */

    if (moved && pg->stopper == NULL) {
        ngx_sluice_pg_conn_give_up(pg);
    }

    ngx_sluice_pg_conn_next(conn);
}


static void
ngx_sluice_pg_conn_unopened(ngx_sluice_pg_conn_t *conn, const char *what)
{
    const pg_host_t *host = &conn->pg->where->hosts.host[conn->host];

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "postgresql at \"%s\": %s: %s",
                  host->name[0] ? host->name : host->address, what,
                  conn->db ? PQerrorMessage(conn->db) : "");

    ngx_sluice_pg_where_failed(conn);
    ngx_sluice_pg_conn_free(conn);
}


/* Those that fail at once are passed by until one does not, or all have. */

ngx_int_t
ngx_sluice_pg_conn_open(ngx_sluice_pg_t *pg)
{
    ngx_sluice_pg_conn_t *conn;

    while (!ngx_sluice_pg_where_away(pg->where)) {

        conn = ngx_calloc(sizeof(ngx_sluice_pg_conn_t), ngx_cycle->log);
        if (conn == NULL) {
            return NGX_ERROR;
        }

        conn->pg = pg;
        conn->done = ngx_sluice_pg_conn_opened;

        pg->open++;
        ngx_queue_insert_tail(&pg->busy, &conn->queue);

        if (ngx_sluice_pg_open(conn) == NGX_OK) {
            return NGX_OK;
        }

        ngx_sluice_pg_conn_unopened(conn, "connect");
    }

    return NGX_DECLINED;
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

    if (conn->pooled || ngx_sluice_pg_conn_prepared(conn) == NGX_OK) {
        ngx_sluice_pg_conn_execute(conn);
        return;
    }

    conn->step = ngx_sluice_pg_conn_preparing;

    if (PQsendPrepare(conn->db, query->statement->name, query->statement->sql,
                      (int) query->statement->nparams, NULL)
            == 0
        || ngx_sluice_pg_wire_flush(conn) != NGX_OK) {
        ngx_sluice_pg_conn_unsent(query);
    }
}


static void
ngx_sluice_pg_conn_preparing(ngx_sluice_pg_conn_t *conn)
{
    ngx_int_t rc;

    rc = ngx_sluice_pg_wire_read(conn);

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


/* A pooler may give each query another session, which knows no statement. */

static int
ngx_sluice_pg_conn_send(ngx_sluice_pg_conn_t *conn)
{
    ngx_sluice_pg_query_t *query = conn->query;
    const ngx_sluice_pg_statement_t *statement = query->statement;

    return conn->pooled ? PQsendQueryParams(conn->db, statement->sql,
                                            (int) statement->nparams, NULL,
                                            query->values, NULL, NULL, 0)
                        : PQsendQueryPrepared(conn->db, statement->name,
                                              (int) statement->nparams,
                                              query->values, NULL, NULL, 0);
}


static void
ngx_sluice_pg_conn_execute(ngx_sluice_pg_conn_t *conn)
{
    ngx_sluice_pg_query_t *query = conn->query;

    conn->step = ngx_sluice_pg_conn_executing;

    if (ngx_sluice_pg_conn_send(conn) == 0
        || ngx_sluice_pg_wire_flush(conn) != NGX_OK) {
        ngx_sluice_pg_conn_unsent(query);
    }
}


static void
ngx_sluice_pg_conn_executing(ngx_sluice_pg_conn_t *conn)
{
    ngx_int_t rc;

    rc = ngx_sluice_pg_wire_read(conn);

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

static sluice_status_t
ngx_sluice_pg_conn_status(sqlstate_t means)
{
    switch (means) {

    case SQLSTATE_VALUE:
        return SLUICE_FIELD_INVALID;

    case SQLSTATE_CONFLICT:
        return SLUICE_CONFLICT;

    case SQLSTATE_REFUSED:
    case SQLSTATE_AGAIN:
        return SLUICE_INTERNAL;

    default:
        return SLUICE_DATABASE_AWAY;
    }
}


static sqlstate_t
ngx_sluice_pg_conn_means(PGresult *result, ngx_uint_t left)
{
    sqlstate_t means;
    ngx_uint_t level;
    const char *state;

    state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    means = sqlstate_read(state);
    level = means == SQLSTATE_CANCELED && left ? NGX_LOG_INFO : NGX_LOG_ERR;

    if (state) {
        ngx_log_error(level, ngx_cycle->log, 0, "postgresql: %s %s", state,
                      PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    }

    return means;
}


/* Once, while somebody waits for it, and when it did nothing, or only read. */

static ngx_uint_t
ngx_sluice_pg_conn_once_more(ngx_sluice_pg_query_t *query,
                             ngx_uint_t did_nothing)
{
    if (query->handler == NULL || query->left || query->unsent || query->again
        || !(did_nothing || query->statement->end == NGX_SLUICE_PG_STOP)) {
        return 0;
    }

    query->again = 1;
    ngx_sluice_pg_turn_back(query);

    return 1;
}


/* Who goes, or takes no writes any more, is left; so is a session whose plans
   went stale. */

static void
ngx_sluice_pg_conn_refused(ngx_sluice_pg_conn_t *conn,
                           ngx_sluice_pg_query_t *query, PGresult *result)
{
    sqlstate_t means;
    ngx_uint_t nothing, again;
    ngx_sluice_pg_t *pg = conn->pg;

    means = ngx_sluice_pg_conn_means(result, query->left);
    nothing = means == SQLSTATE_READ_ONLY || means == SQLSTATE_NO_SESSION;

    again = (nothing || means == SQLSTATE_GOING)
            && ngx_sluice_pg_conn_once_more(query, nothing);
    if (!again) {
        ngx_sluice_pg_turn_over(query);
    }

    if (means == SQLSTATE_READ_ONLY) {
        ngx_sluice_pg_where_left(conn);
        ngx_sluice_pg_conn_purge(pg->where->pg);
    }

    if (means == SQLSTATE_NO_SESSION) {
        ngx_sluice_pg_where_pooler(pg->where);
    }

    if (!conn->spoilt
        && (means == SQLSTATE_VALUE || means == SQLSTATE_CONFLICT
            || means == SQLSTATE_CANCELED)) {
        ngx_sluice_pg_conn_next(conn);

    } else {
        ngx_sluice_pg_conn_free(conn);
        ngx_sluice_pg_conn_replenish(pg);
    }

    if (!again) {
        ngx_sluice_pg_query_answer(query, ngx_sluice_pg_conn_status(means),
                                   result);
    }
}


static void
ngx_sluice_pg_conn_answered(ngx_sluice_pg_conn_t *conn,
                            ngx_sluice_pg_query_t *query, PGresult *result)
{
    ngx_sluice_pg_t *pg = conn->pg;

    ngx_sluice_pg_turn_over(query);

    if (conn->spoilt) {
        ngx_sluice_pg_conn_free(conn);
        ngx_sluice_pg_conn_replenish(pg);

    } else {
        ngx_sluice_pg_conn_next(conn);
    }

    ngx_sluice_pg_query_answer(query, SLUICE_OK, result);
}


static void
ngx_sluice_pg_conn_finish(ngx_sluice_pg_conn_t *conn)
{
    PGresult *result = conn->result;
    ngx_sluice_pg_query_t *query = conn->query;

    if (conn->stop) {
        conn->over = 1;
        return;
    }

    if (conn->again.timer_set) {
        ngx_del_timer(&conn->again);
    }

    conn->query = NULL;
    conn->result = NULL;
    conn->over = 0;

    if (PQresultStatus(result) == PGRES_TUPLES_OK
        || PQresultStatus(result) == PGRES_COMMAND_OK) {
        ngx_sluice_pg_conn_answered(conn, query, result);

    } else {
        ngx_sluice_pg_conn_refused(conn, query, result);
    }

    PQclear(result);
}


void
ngx_sluice_pg_conn_lost(ngx_sluice_pg_conn_t *conn, const char *what)
{
    ngx_uint_t again;
    ngx_sluice_pg_t *pg = conn->pg;
    ngx_sluice_pg_query_t *query = conn->query;

    if (conn->place == 0) {
        ngx_sluice_pg_conn_unopened(conn, what);
        ngx_sluice_pg_conn_replenish(pg);
        return;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "postgresql connection lost: %s: %s", what,
                  PQerrorMessage(conn->db));

    again = query
            && ngx_sluice_pg_conn_once_more(
                query, conn->step == ngx_sluice_pg_conn_preparing);

    ngx_sluice_pg_conn_free(conn);

    if (query && !again) {
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

    ngx_sluice_pg_name_leave(conn);
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

    if (ngx_sluice_pg_where_is_past(conn)) {
        ngx_sluice_pg_conn_free(conn);
        ngx_sluice_pg_conn_replenish(pg);
        return;
    }

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
    if (pg->nwaiting && pg->open < pg->pool
        && ngx_sluice_pg_conn_open(pg) != NGX_OK && pg->open == 0) {
        ngx_sluice_pg_conn_give_up(pg);
    }
}
