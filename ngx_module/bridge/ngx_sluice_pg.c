#include "ngx_sluice_pg_internal.h"


/* Another connection is heard while this one is busy; libpq's own way would
   block. */
static ngx_sluice_pg_statement_t ngx_sluice_pg_stop_statement = {
    "stop", "select pg_cancel_backend($1::integer)", 1, NGX_SLUICE_PG_KEEP
};


void
ngx_sluice_pg_limits(ngx_sluice_pg_t *pg, ngx_uint_t pool, ngx_uint_t waiting,
                     ngx_msec_t timeout)
{
    pg->pool = pool;
    pg->max_waiting = waiting;
    pg->timeout = timeout;

    if (pg->stopper) {
        ngx_sluice_pg_limits(pg->stopper, 1, pool, timeout);
    }
}


void
ngx_sluice_pg_count(ngx_sluice_pg_t *pg, ngx_sluice_pg_counts_t *counts)
{
    pg->counts = counts;
}


void
ngx_sluice_pg_count_read(ngx_sluice_pg_t *pg, ngx_sluice_pg_read_t how)
{
    if (pg->counts) {
        (void) ngx_atomic_fetch_add(&pg->counts->reads[how], 1);
    }
}


void
ngx_sluice_pg_count_behind(ngx_sluice_pg_t *pg, ngx_uint_t bytes)
{
    if (pg->counts) {
        pg->counts->behind = bytes;
    }
}


static void
ngx_sluice_pg_init(ngx_sluice_pg_t *pg)
{
    if (pg->ready) {
        return;
    }

    ngx_queue_init(&pg->idle);
    ngx_queue_init(&pg->busy);
    ngx_sluice_pg_turn_init(pg);
    pg->ready = 1;
}


static void
ngx_sluice_pg_stopped(void *data, const ngx_sluice_pg_result_t *result)
{
    ngx_sluice_pg_conn_stopped(data,
                               result->sent && result->status != SLUICE_OK);
}


static void ngx_sluice_pg_stop_again(ngx_event_t *ev);


/* NGX_DECLINED: there is nothing to stop, or nobody to ask. */

static ngx_int_t
ngx_sluice_pg_stop(ngx_sluice_pg_conn_t *conn)
{
    u_char pid[NGX_INT_T_LEN];
    ngx_str_t param;
    ngx_sluice_pg_t *stopper = conn->pg->stopper;

    /* a pooler's process id is nobody's */

    if (!ngx_sluice_pg_conn_runs(conn) || conn->stop || stopper == NULL
        || conn->pooled || ngx_sluice_pg_where_is_past(conn)) {
        return NGX_DECLINED;
    }

    conn->again.handler = ngx_sluice_pg_stop_again;
    conn->again.data = conn;
    conn->again.log = ngx_cycle->log;

    param.data = pid;
    param.len = (size_t) (ngx_sprintf(pid, "%d", PQbackendPID(conn->db)) - pid);

    if (ngx_sluice_pg_query(stopper, NGX_SLUICE_PG_HOUSE,
                            &ngx_sluice_pg_stop_statement, &param,
                            ngx_sluice_pg_stopped, conn, &conn->stop)
        != SLUICE_OK) {
        conn->stop = NULL;
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static void
ngx_sluice_pg_stop_again(ngx_event_t *ev)
{
    (void) ngx_sluice_pg_stop(ev->data);
}


/* What nobody waited for is over. Who is not heard now has to bear it. */

static void
ngx_sluice_pg_undo(void *data, const ngx_sluice_pg_result_t *result)
{
    ngx_uint_t i;
    ngx_str_t params[NGX_SLUICE_PG_MAX_PARAMS];
    ngx_sluice_pg_query_t *undo, *query = data;
    const ngx_sluice_pg_undone_t *undone;

    undone = (const ngx_sluice_pg_undone_t *) query->statement;

    for (i = 0; i < query->statement->nparams; i++) {
        params[i].data = (u_char *) query->values[i];
        params[i].len = query->values[i] ? ngx_strlen(query->values[i]) : 0;
    }

    (void) ngx_sluice_pg_query(query->pg, query->whose, undone->undo, params,
                               NULL, NULL, &undo);
}


/* Nobody waits for what has a connection: it keeps that, and counts, until the
   server has ended it, which has its own clock for it. */

static void
ngx_sluice_pg_abandon(ngx_sluice_pg_query_t *query)
{
    query->handler = query->statement->end == NGX_SLUICE_PG_UNDO
                         ? ngx_sluice_pg_undo
                         : NULL;
    query->data = query;
    query->left = 1;

    if (!query->unsent) {
        ngx_add_timer(&query->timer, query->pg->timeout + NGX_SLUICE_PG_GRACE);
    }

    if (query->statement->end == NGX_SLUICE_PG_STOP
        && ngx_sluice_pg_stop(query->conn) == NGX_OK && query->pg->counts) {
        (void) ngx_atomic_fetch_add(&query->pg->counts->stopped, 1);
    }
}


static void
ngx_sluice_pg_query_timeout(ngx_event_t *ev)
{
    void *data;
    ngx_sluice_pg_query_t *query = ev->data;
    ngx_sluice_pg_handler_pt handler;

    static const ngx_sluice_pg_result_t late = { SLUICE_DATABASE_AWAY, 1, 0,
                                                 NULL };

    if (query->conn == NULL) {
        ngx_sluice_pg_turn_leave(query);
        ngx_sluice_pg_query_answer(query, SLUICE_DATABASE_AWAY, NULL);
        return;
    }

    if (query->unsent || query->left) {
        ngx_sluice_pg_conn_lost(query->conn,
                                query->unsent ? "query not sent" : "no answer");
        return;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "postgresql: no answer to \"%s\" within %M ms",
                  query->statement->name, query->pg->timeout);

    handler = query->handler;
    data = query->data;

    ngx_sluice_pg_abandon(query);

    if (handler) {
        handler(data, &late);
    }
}


sluice_status_t
ngx_sluice_pg_query(ngx_sluice_pg_t *pg, uint64_t whose,
                    const ngx_sluice_pg_statement_t *statement,
                    const ngx_str_t *params, ngx_sluice_pg_handler_pt handler,
                    void *data, ngx_sluice_pg_query_t **handle)
{
    ngx_queue_t *q;
    sluice_status_t status;
    ngx_sluice_pg_query_t *query;

    ngx_sluice_pg_init(pg);

    if (ngx_queue_empty(&pg->idle) && pg->open < pg->pool) {
        if (ngx_sluice_pg_conn_open(pg) != NGX_OK && pg->open == 0) {
            return SLUICE_DATABASE_AWAY;
        }
    }

    query = ngx_sluice_pg_query_make(pg, statement, params, handler, data);
    if (query == NULL) {
        return SLUICE_INTERNAL;
    }

    status = ngx_sluice_pg_turn_wait(query, whose);
    if (status != SLUICE_OK) {
        ngx_free(query);
        return status;
    }

    query->whose = whose;
    query->timer.handler = ngx_sluice_pg_query_timeout;
    query->timer.data = query;
    query->timer.log = ngx_cycle->log;

    ngx_add_timer(&query->timer, pg->timeout);

    *handle = query;

    if (!ngx_queue_empty(&pg->idle) && ngx_sluice_pg_turn_may(query)) {
        q = ngx_queue_head(&pg->idle);
        ngx_sluice_pg_conn_next(ngx_queue_data(q, ngx_sluice_pg_conn_t, queue));
    }

    return SLUICE_OK;
}


void
ngx_sluice_pg_cancel(ngx_sluice_pg_query_t *query)
{
    if (query->conn) {
        ngx_sluice_pg_abandon(query);
        return;
    }

    query->handler = NULL;

    if (query->statement->end != NGX_SLUICE_PG_KEEP) {
        ngx_sluice_pg_turn_leave(query);
        ngx_sluice_pg_query_answer(query, SLUICE_INTERNAL, NULL);
    }
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
            ngx_sluice_pg_turn_over(conn->query);
            ngx_sluice_pg_query_answer(conn->query, SLUICE_INTERNAL, NULL);
        }

        ngx_sluice_pg_conn_free(conn);
    }

    if (pg->stopper) {
        ngx_sluice_pg_close(pg->stopper);
    }
}


ngx_uint_t
ngx_sluice_pg_standby(ngx_sluice_pg_t *pg)
{
    return pg->where->standby;
}
