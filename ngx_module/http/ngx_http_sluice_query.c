#include "ngx_http_sluice_answer.h"
#include "ngx_http_sluice_query.h"
#include "ngx_http_sluice_whose.h"


#define NGX_HTTP_SLUICE_QUERY_TOO_MANY \
    "Too many of your requests wait already: let some be answered first."


typedef struct {
    ngx_http_request_t *request;
    ngx_http_cleanup_t *cleanup;
    ngx_sluice_pg_query_t *query;
    ngx_http_sluice_row_pt handler;
    void *data;
    ngx_event_t patience; /* its timer is set where there is a bound */
} ngx_http_sluice_query_t;


static void
ngx_http_sluice_query_done(void *data, const ngx_sluice_pg_result_t *result)
{
    ngx_connection_t *c;
    ngx_http_request_t *r;
    ngx_http_sluice_query_t *query = data;

    r = query->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    query->cleanup->handler = NULL;
    r->read_event_handler = ngx_http_block_reading;

    if (query->patience.timer_set) {
        ngx_del_timer(&query->patience);
    }

    query->handler(r, query->data, result);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sluice_query_cleanup(void *data)
{
    ngx_http_sluice_query_t *query = data;

    if (query->patience.timer_set) {
        ngx_del_timer(&query->patience);
    }

    ngx_sluice_pg_cancel(query->query);
}


static void
ngx_http_sluice_query_late(ngx_event_t *ev)
{
    ngx_http_sluice_query_t *query = ev->data;

    static const ngx_sluice_pg_result_t late = { SLUICE_DATABASE_AWAY, 1, 0,
                                                 NULL };

    ngx_sluice_pg_cancel(query->query);
    ngx_http_sluice_query_done(query, &late);
}


static sluice_status_t
ngx_http_sluice_query_submit(ngx_http_request_t *r, ngx_sluice_pg_t *pg,
                             const ngx_sluice_pg_statement_t *statement,
                             const ngx_str_t *params, ngx_msec_t patience,
                             ngx_http_sluice_row_pt handler, void *data)
{
    sluice_status_t status;
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_query_t *query;

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_sluice_query_t));
    if (cln == NULL) {
        return SLUICE_INTERNAL;
    }

    query = cln->data;
    query->request = r;
    query->cleanup = cln;
    query->handler = handler;
    query->data = data;
    ngx_memzero(&query->patience, sizeof(ngx_event_t));

    status = ngx_sluice_pg_query(pg, ngx_http_sluice_whose(r), statement,
                                 params, ngx_http_sluice_query_done, query,
                                 &query->query);
    if (status != SLUICE_OK) {
        return status;
    }

    cln->handler = ngx_http_sluice_query_cleanup;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (patience) {
        query->patience.handler = ngx_http_sluice_query_late;
        query->patience.data = query;
        query->patience.log = r->connection->log;
        ngx_add_timer(&query->patience, patience);
    }

    return SLUICE_OK;
}


sluice_status_t
ngx_http_sluice_query_try(ngx_http_request_t *r,
                          const ngx_sluice_pg_statement_t *statement,
                          const ngx_str_t *params,
                          ngx_http_sluice_row_pt handler, void *data)
{
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    return ngx_http_sluice_query_submit(r, smcf->database, statement, params, 0,
                                        handler, data);
}


sluice_status_t
ngx_http_sluice_query_replica(ngx_http_request_t *r,
                              const ngx_sluice_pg_statement_t *statement,
                              const ngx_str_t *params,
                              ngx_http_sluice_row_pt handler, void *data)
{
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    return ngx_http_sluice_query_submit(r, smcf->replica, statement, params, 0,
                                        handler, data);
}


sluice_status_t
ngx_http_sluice_query_within(ngx_http_request_t *r,
                             const ngx_sluice_pg_statement_t *statement,
                             ngx_msec_t patience,
                             ngx_http_sluice_row_pt handler, void *data)
{
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    return ngx_http_sluice_query_submit(r, smcf->database, statement, NULL,
                                        patience, handler, data);
}


ngx_int_t
ngx_http_sluice_query(ngx_http_request_t *r,
                      const ngx_sluice_pg_statement_t *statement,
                      const ngx_str_t *params, ngx_http_sluice_row_pt handler,
                      void *data)
{
    sluice_status_t status;

    status = ngx_http_sluice_query_try(r, statement, params, handler, data);

    if (status == SLUICE_OK) {
        return NGX_DONE;
    }

    return ngx_http_sluice_problem(
        r, status,
        status == SLUICE_TOO_MANY ? NGX_HTTP_SLUICE_QUERY_TOO_MANY : NULL,
        NULL);
}


ngx_int_t
ngx_http_sluice_query_text(ngx_http_request_t *r,
                           const ngx_sluice_pg_result_t *result, ngx_uint_t row,
                           ngx_uint_t column, ngx_str_t *value)
{
    ngx_str_t text;

    if (ngx_sluice_pg_value(result, row, column, &text) != NGX_OK) {
        ngx_str_null(value);
        return NGX_DECLINED;
    }

    value->len = text.len;
    value->data = ngx_pnalloc(r->pool, text.len + 1);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    *ngx_cpymem(value->data, text.data, text.len) = '\0';

    return NGX_OK;
}
