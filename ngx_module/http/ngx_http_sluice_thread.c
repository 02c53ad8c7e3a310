#include "ngx_http_sluice.h"
#include "ngx_http_sluice_answer.h"
#include "ngx_http_sluice_wait.h"
#include "ngx_http_sluice_thread.h"

#include "ngx_module/bridge/ngx_sluice_event.h"
#include "core/base/status.h"


#define NGX_HTTP_SLUICE_THREAD_SLOW 60000 /* ms; longer is told in the log */
#define NGX_HTTP_SLUICE_LINE_WATCH 1000   /* ms between two tries of a line */


struct ngx_http_sluice_turn_s {
    ngx_queue_t queue; /* while it waits */
    ngx_http_request_t *request;
    void (*work)(void *data, ngx_log_t *log);
    ngx_http_sluice_step_pt step;
    void *data;
    unsigned waits : 1;
};


static void ngx_http_sluice_thread_done(ngx_event_t *ev);
static ngx_int_t ngx_http_sluice_line_next(void);
static void ngx_http_sluice_line_watch(void);
static void ngx_http_sluice_line_late(ngx_event_t *ev);


/* this process's requests that the pool had no room for, the first in front */
static ngx_queue_t ngx_http_sluice_line = { &ngx_http_sluice_line,
                                            &ngx_http_sluice_line };
static ngx_event_t ngx_http_sluice_line_event;


static void
ngx_http_sluice_thread_resume(ngx_http_request_t *r)
{
    ngx_http_sluice_wait_t *ctx;

    if (r->aio) {
        /* the socket became writable, the thread is still at work */
        return;
    }

    ctx = ngx_http_sluice_find_wait(r);

    r->write_event_handler = ngx_http_request_empty_handler;
    ctx->step(r, ctx->step_data);
}


/* NULL: `*rc` is the final status */

static ngx_http_sluice_wait_t *
ngx_http_sluice_thread_ctx(ngx_http_request_t *r, ngx_int_t *rc)
{
    *rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    if (r != r->main) {
        /* they share a context, and the main request may be waiting */
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "uploads and sign-in need a request of their own: they "
                      "are no target of mirror or auth_request");
        return NULL;
    }

    return ngx_http_sluice_wait(r);
}


/* A thread has it now. */

static void
ngx_http_sluice_thread_left(ngx_http_request_t *r, ngx_http_sluice_wait_t *ctx,
                            ngx_http_sluice_step_pt step, void *data)
{
    ctx->step = step;
    ctx->step_data = data;

    r->main->blocked++;
    r->aio = 1;
    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_sluice_thread_resume;
}


static void
ngx_http_sluice_thread_back(ngx_http_request_t *r)
{
    ngx_connection_t *c = r->connection;

    ngx_http_set_log_request(c->log, r);

    r->main->blocked--;
    r->aio = 0;

    /* when the client left meanwhile, this is nginx's finalizer */
    r->write_event_handler(r);

    ngx_http_run_posted_requests(c);
}


ngx_int_t
ngx_http_sluice_thread_try(ngx_http_request_t *r,
                           void (*work)(void *data, ngx_log_t *log),
                           ngx_http_sluice_step_pt step, void *data)
{
    ngx_int_t rc;
    ngx_thread_task_t *task;
    ngx_http_sluice_wait_t *ctx;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    ctx = ngx_http_sluice_thread_ctx(r, &rc);
    if (ctx == NULL) {
        return rc;
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

    /* a process that drains leaves when no timer is left */
    task->event.log = r->connection->log;
    ngx_add_timer(&task->event, NGX_HTTP_SLUICE_THREAD_SLOW);

    ngx_http_sluice_thread_left(r, ctx, step, data);

    return NGX_DONE;
}


static void
ngx_http_sluice_thread_done(ngx_event_t *ev)
{
    ngx_http_request_t *r = ev->data;

    if (ev->timedout) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "a thread takes very long");
        ev->timedout = 0;
        ngx_add_timer(ev, NGX_HTTP_SLUICE_THREAD_SLOW);
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    ngx_http_sluice_thread_back(r);

    if (!ngx_queue_empty(&ngx_http_sluice_line)) {
        (void) ngx_http_sluice_line_next();
        ngx_http_sluice_line_watch();
    }
}


static void
ngx_http_sluice_thread_lane_done(void *data)
{
    ngx_http_sluice_thread_back(data);
}


static void
ngx_http_sluice_thread_lane_work(void *data)
{
    ngx_http_request_t *r = data;
    ngx_http_sluice_wait_t *ctx = ngx_http_sluice_find_wait(r);

    ctx->lane_work(ctx->step_data, r->connection->log);
}


ngx_int_t
ngx_http_sluice_thread_lane(ngx_http_request_t *r, ngx_sluice_lane_t *lane,
                            void (*work)(void *data, ngx_log_t *log),
                            ngx_http_sluice_step_pt step, void *data)
{
    ngx_int_t rc;
    ngx_http_sluice_wait_t *ctx;

    ctx = ngx_http_sluice_thread_ctx(r, &rc);
    if (ctx == NULL) {
        return rc;
    }

    /* it may begin before _post() returns */

    ctx->step = step;
    ctx->step_data = data;
    ctx->lane_work = work;
    ctx->job.work = ngx_http_sluice_thread_lane_work;
    ctx->job.done = ngx_http_sluice_thread_lane_done;
    ctx->job.data = r;

    rc = ngx_sluice_lane_post(lane, &ctx->job);

    if (rc != NGX_OK) {
        return ngx_http_sluice_problem(r, SLUICE_BUSY, NULL, NULL);
    }

    ngx_http_sluice_thread_left(r, ctx, step, data);

    return NGX_DONE;
}


/* the line in front of a full pool */

static void
ngx_http_sluice_turn_cleanup(void *data)
{
    ngx_http_sluice_turn_t *turn = data;

    if (turn->waits) {
        ngx_queue_remove(&turn->queue);
        turn->waits = 0;
    }
}


/* The request's place, made when it waits for the first time. */

static ngx_http_sluice_turn_t *
ngx_http_sluice_turn(ngx_http_request_t *r)
{
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_wait_t *ctx;
    ngx_http_sluice_turn_t *turn;

    ctx = ngx_http_sluice_wait(r);
    if (ctx == NULL) {
        return NULL;
    }

    if (ctx->turn == NULL) {
        cln = ngx_http_cleanup_add(r, sizeof(ngx_http_sluice_turn_t));
        if (cln == NULL) {
            return NULL;
        }

        turn = cln->data;
        turn->request = r;
        turn->waits = 0;

        cln->handler = ngx_http_sluice_turn_cleanup;
        ctx->turn = turn;
    }

    return ctx->turn;
}


ngx_int_t
ngx_http_sluice_thread_wait(ngx_http_request_t *r,
                            void (*work)(void *data, ngx_log_t *log),
                            ngx_http_sluice_step_pt step, void *data)
{
    ngx_int_t rc;
    ngx_http_sluice_turn_t *turn;

    if (r != r->main || ngx_queue_empty(&ngx_http_sluice_line)) {
        rc = ngx_http_sluice_thread_try(r, work, step, data);

        if (rc == NGX_DONE) {
            return NGX_DONE;
        }

        if (rc != NGX_BUSY) {
            ngx_http_sluice_finish(r, rc);
            return NGX_ERROR;
        }
    }

    turn = ngx_http_sluice_turn(r);
    if (turn == NULL) {
        ngx_http_sluice_finish(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_ERROR;
    }

    turn->work = work;
    turn->step = step;
    turn->data = data;
    turn->waits = 1;

    r->read_event_handler = ngx_http_block_reading;

    ngx_queue_insert_tail(&ngx_http_sluice_line, &turn->queue);

    ngx_http_sluice_line_watch();

    return NGX_AGAIN;
}


/* Each thread that is done makes room for one. Were more to try, nginx would
   log each that finds none. */

static ngx_int_t
ngx_http_sluice_line_next(void)
{
    ngx_int_t rc;
    ngx_connection_t *c;
    ngx_http_request_t *r;
    ngx_http_sluice_turn_t *turn;

    turn = ngx_queue_data(ngx_queue_head(&ngx_http_sluice_line),
                          ngx_http_sluice_turn_t, queue);
    r = turn->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    rc = ngx_http_sluice_thread_try(r, turn->work, turn->step, turn->data);

    if (rc != NGX_BUSY) {
        ngx_http_sluice_turn_cleanup(turn);
        ngx_http_sluice_finish(r, rc);
        ngx_http_run_posted_requests(c);
    }

    return rc;
}


/* Others may have filled the pool, and nothing of ours tells of their end; or
   one of ours was done before its thread had taken the next. */

static void
ngx_http_sluice_line_watch(void)
{
    ngx_event_t *ev = &ngx_http_sluice_line_event;

    if (ngx_queue_empty(&ngx_http_sluice_line)) {
        if (ev->timer_set) {
            ngx_del_timer(ev);
        }

        return;
    }

    if (!ev->timer_set) {
        ngx_sluice_event_timer(ev, ngx_http_sluice_line_late);
        ngx_add_timer(ev, NGX_HTTP_SLUICE_LINE_WATCH);
    }
}


static void
ngx_http_sluice_line_late(ngx_event_t *ev)
{
    while (!ngx_queue_empty(&ngx_http_sluice_line)) {
        if (ngx_http_sluice_line_next() == NGX_BUSY) {
            break;
        }
    }

    ngx_http_sluice_line_watch();
}
