#include "ngx_sluice_pg_internal.h"


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


static void
ngx_sluice_pg_query_timeout(ngx_event_t *ev)
{
    ngx_sluice_pg_query_t *query = ev->data;

    if (query->conn) {
        ngx_sluice_pg_conn_lost(query->conn, "query timed out or was not sent");
        return;
    }

    ngx_queue_remove(&query->queue);
    query->pg->nwaiting--;
    ngx_sluice_pg_query_answer(query, SLUICE_DATABASE_AWAY, NULL);
}


sluice_status_t
ngx_sluice_pg_query(ngx_sluice_pg_t *pg,
                    const ngx_sluice_pg_statement_t *statement,
                    const ngx_str_t *params, ngx_sluice_pg_handler_pt handler,
                    void *data, ngx_sluice_pg_query_t **handle)
{
    ngx_queue_t *q;
    ngx_sluice_pg_query_t *query;

    ngx_sluice_pg_init(pg);

    if (pg->nwaiting >= pg->max_waiting) {
        return SLUICE_BUSY;
    }

    if (ngx_queue_empty(&pg->idle) && pg->open < pg->pool) {
        if (ngx_sluice_pg_conn_open(pg) != NGX_OK && pg->open == 0) {
            return SLUICE_DATABASE_AWAY;
        }
    }

    query = ngx_sluice_pg_query_make(pg, statement, params, handler, data);
    if (query == NULL) {
        return SLUICE_INTERNAL;
    }

    query->timer.handler = ngx_sluice_pg_query_timeout;
    query->timer.data = query;
    query->timer.log = ngx_cycle->log;

    ngx_add_timer(&query->timer, pg->timeout);

    *handle = query;

    ngx_queue_insert_tail(&pg->waiting, &query->queue);
    pg->nwaiting++;

    if (!ngx_queue_empty(&pg->idle)) {
        q = ngx_queue_head(&pg->idle);
        ngx_sluice_pg_conn_next(ngx_queue_data(q, ngx_sluice_pg_conn_t, queue));
    }

    return SLUICE_OK;
}


void
ngx_sluice_pg_cancel(ngx_sluice_pg_query_t *query)
{
    query->handler = NULL;

    if (query->conn || query->statement->keep) {
        return;
    }

    ngx_queue_remove(&query->queue);
    query->pg->nwaiting--;
    ngx_sluice_pg_query_answer(query, SLUICE_INTERNAL, NULL);
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
            ngx_sluice_pg_query_answer(conn->query, SLUICE_INTERNAL, NULL);
        }

        ngx_sluice_pg_conn_free(conn);
    }
}
