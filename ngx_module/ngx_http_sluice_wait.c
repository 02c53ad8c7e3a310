#include "ngx_http_sluice.h"


#define NGX_HTTP_SLUICE_THREAD_SLOW 60000 /* ms; longer is told in the log */
#define NGX_HTTP_SLUICE_THREAD_RETRY 50   /* ms, when the pool is full */


typedef struct {
    ngx_http_request_t *request;
    ngx_http_cleanup_t *cleanup;
    ngx_sluice_pg_query_t *query;
    ngx_http_sluice_row_pt handler;
    void *data;
} ngx_http_sluice_query_t;


typedef struct {
    ngx_http_request_t *request;
    ngx_event_t *retry;
    void (*work)(void *data, ngx_log_t *log);
    ngx_http_sluice_step_pt step;
    void *data;
} ngx_http_sluice_turn_t;


static void ngx_http_sluice_query_done(void *data,
                                       const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_query_cleanup(void *data);
static void ngx_http_sluice_thread_done(ngx_event_t *ev);
static void ngx_http_sluice_thread_resume(ngx_http_request_t *r);
static void ngx_http_sluice_turn(ngx_event_t *ev);
static void ngx_http_sluice_turn_cleanup(void *data);


ngx_int_t
ngx_http_sluice_query(ngx_http_request_t *r,
                      const ngx_sluice_pg_statement_t *statement,
                      const ngx_str_t *params, ngx_http_sluice_row_pt handler,
                      void *data)
{
    sluice_status_t status;
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_query_t *query;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_sluice_query_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    query = cln->data;
    query->request = r;
    query->cleanup = cln;
    query->handler = handler;
    query->data = data;

    status = ngx_sluice_pg_query(smcf->database, statement, params,
                                 ngx_http_sluice_query_done, query,
                                 &query->query);
    if (status != SLUICE_OK) {
        return ngx_http_sluice_problem(r, status, NULL, NULL);
    }

    cln->handler = ngx_http_sluice_query_cleanup;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    return NGX_DONE;
}


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

    query->handler(r, query->data, result);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sluice_query_cleanup(void *data)
{
    ngx_http_sluice_query_t *query = data;

    ngx_sluice_pg_cancel(query->query);
}


void
ngx_http_sluice_finish(ngx_http_request_t *r, ngx_int_t rc)
{
    if (rc == NGX_DONE) {
        return;
    }

    ngx_http_finalize_request(r, rc);
}


/* the access phase */

void
ngx_http_sluice_access_wait(ngx_http_request_t *r)
{
    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;
}


void
ngx_http_sluice_access_resume(ngx_http_request_t *r)
{
    ngx_connection_t *c;

    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    (void) ngx_http_post_request(r, NULL);
    ngx_http_run_posted_requests(c);
}


/* threads */

ngx_int_t
ngx_http_sluice_thread_post(ngx_http_request_t *r,
                            void (*work)(void *data, ngx_log_t *log),
                            ngx_http_sluice_step_pt step, void *data)
{
    ngx_int_t rc;

    rc = ngx_http_sluice_thread_try(r, work, step, data);

    return rc == NGX_BUSY ? ngx_http_sluice_problem(r, SLUICE_BUSY, NULL, NULL)
                          : rc;
}


ngx_int_t
ngx_http_sluice_thread_try(ngx_http_request_t *r,
                           void (*work)(void *data, ngx_log_t *log),
                           ngx_http_sluice_step_pt step, void *data)
{
    ngx_thread_task_t *task;
    ngx_http_sluice_ctx_t *ctx;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    ctx = ngx_http_sluice_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->task == NULL) {
        ctx->task = ngx_thread_task_alloc(r->pool, 0);
        if (ctx->task == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    task = ctx->task;
    task->ctx = data;
    task->handler = work;
    task->event.data = r;
    task->event.handler = ngx_http_sluice_thread_done;

    if (ngx_thread_task_post(smcf->thread_pool, task) != NGX_OK) {
        return NGX_BUSY;
    }

    ctx->step = step;
    ctx->step_data = data;

    /* a process that drains leaves when no timer is left */
    task->event.log = r->connection->log;
    ngx_add_timer(&task->event, NGX_HTTP_SLUICE_THREAD_SLOW);

    r->main->blocked++;
    r->aio = 1;
    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_sluice_thread_resume;

    return NGX_DONE;
}


static void
ngx_http_sluice_thread_done(ngx_event_t *ev)
{
    ngx_connection_t *c;
    ngx_http_request_t *r;

    r = ev->data;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (ev->timedout) {
        ngx_log_error(NGX_LOG_ALERT, c->log, 0, "a thread takes very long");
        ev->timedout = 0;
        ngx_add_timer(ev, NGX_HTTP_SLUICE_THREAD_SLOW);
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    r->main->blocked--;
    r->aio = 0;

    /* when the client left meanwhile, this is nginx's finalizer */
    r->write_event_handler(r);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sluice_thread_resume(ngx_http_request_t *r)
{
    ngx_http_sluice_ctx_t *ctx;

    if (r->aio) {
        /* the socket became writable, the thread is still at work */
        return;
    }

    ctx = ngx_http_sluice_find_ctx(r);

    r->write_event_handler = ngx_http_request_empty_handler;
    ctx->step(r, ctx->step_data);
}


ngx_int_t
ngx_http_sluice_thread_wait(ngx_http_request_t *r, ngx_event_t *retry,
                            void (*work)(void *data, ngx_log_t *log),
                            ngx_http_sluice_step_pt step, void *data)
{
    ngx_int_t rc;
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_turn_t *turn;

    rc = ngx_http_sluice_thread_try(r, work, step, data);

    if (rc == NGX_DONE) {
        return NGX_DONE;
    }

    if (rc != NGX_BUSY) {
        ngx_http_sluice_finish(r, rc);
        return NGX_ERROR;
    }

    turn = retry->data;

    if (retry->handler != ngx_http_sluice_turn) {
        cln = ngx_http_cleanup_add(r, sizeof(ngx_http_sluice_turn_t));
        if (cln == NULL) {
            ngx_http_sluice_finish(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return NGX_ERROR;
        }

        cln->handler = ngx_http_sluice_turn_cleanup;
        turn = cln->data;

        retry->handler = ngx_http_sluice_turn;
        retry->data = turn;
        retry->log = r->connection->log;
    }

    turn->request = r;
    turn->retry = retry;
    turn->work = work;
    turn->step = step;
    turn->data = data;

    r->read_event_handler = ngx_http_block_reading;
    ngx_add_timer(retry, NGX_HTTP_SLUICE_THREAD_RETRY);

    return NGX_AGAIN;
}


static void
ngx_http_sluice_turn(ngx_event_t *ev)
{
    ngx_connection_t *c;
    ngx_http_request_t *r;
    ngx_http_sluice_turn_t *turn = ev->data;

    r = turn->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    (void) ngx_http_sluice_thread_wait(r, ev, turn->work, turn->step,
                                       turn->data);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sluice_turn_cleanup(void *data)
{
    ngx_http_sluice_turn_t *turn = data;

    if (turn->retry->timer_set) {
        ngx_del_timer(turn->retry);
    }
}
