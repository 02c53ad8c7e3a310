#include "ngx_sluice_pg_internal.h"


static void ngx_sluice_pg_init(ngx_sluice_pg_t *pg);
static void ngx_sluice_pg_query_timeout(ngx_event_t *ev);


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
        if (ngx_sluice_pg_conn_open(pg) != NGX_OK && pg->open == 0) {
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
    query->handler = NULL;

    if (query->conn || query->statement->keep) {
        return;
    }

    ngx_queue_remove(&query->queue);
    query->pg->nwaiting--;
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


void
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
        ngx_sluice_pg_conn_start(
            conn, ngx_queue_data(q, ngx_sluice_pg_query_t, queue));
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
    ngx_sluice_pg_answer(query, SLUICE_DATABASE_AWAY, NULL);
}


void
ngx_sluice_pg_answer(ngx_sluice_pg_query_t *query, sluice_status_t status,
                     PGresult *res)
{
    ngx_sluice_pg_result_t result;

    if (query->timer.timer_set) {
        ngx_del_timer(&query->timer);
    }

    result.status = status;
    result.sent = (query->conn != NULL);
    result.rows = (status == SLUICE_OK) ? (ngx_uint_t) PQntuples(res) : 0;
    result.opaque = res;

    if (query->handler) {
        query->handler(query->data, &result);
    }

    ngx_free(query);
}


void
ngx_sluice_pg_replenish(ngx_sluice_pg_t *pg)
{
    ngx_queue_t *q;

    if (ngx_queue_empty(&pg->waiting) || pg->open == pg->pool
        || ngx_sluice_pg_conn_open(pg) == NGX_OK) {
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
