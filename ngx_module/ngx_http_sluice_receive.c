/* A body becomes a file: read what is there, let a thread write it, and read on
   into another buffer meanwhile. */

#include "ngx_http_sluice_upload.h"


#define NGX_HTTP_SLUICE_RECEIVE_RETRY 50 /* ms, when the pool is full */


typedef struct {
    ngx_http_request_t *request;
    ngx_event_t *retry;
    void (*work)(void *data, ngx_log_t *log);
    ngx_http_sluice_step_pt step;
    void *data;
} ngx_http_sluice_turn_t;


static void ngx_http_sluice_receive_start(ngx_http_request_t *r);
static void ngx_http_sluice_receive_read(ngx_http_request_t *r);
static void ngx_http_sluice_receive_take(ngx_http_request_t *r,
                                         ngx_http_sluice_receive_t *receive);
static void ngx_http_sluice_receive_ahead(ngx_http_request_t *r,
                                          ngx_http_sluice_receive_t *receive);
static void ngx_http_sluice_receive_work(void *data, ngx_log_t *log);
static void ngx_http_sluice_receive_written(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_receive_stopped(ngx_event_t *ev);
static void ngx_http_sluice_receive_cleanup(void *data);
static void ngx_http_sluice_turn(ngx_event_t *ev);
static void ngx_http_sluice_turn_cleanup(void *data);


void
ngx_http_sluice_receive(ngx_http_request_t *r,
                        ngx_http_sluice_receive_t *receive)
{
    ngx_int_t rc;
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_ctx_t *ctx;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    cln->handler = ngx_http_sluice_receive_cleanup;
    cln->data = receive;

    ctx = ngx_http_sluice_find_ctx(r);
    ctx->upload = receive;

    receive->request = r;
    receive->end = NGX_OK;

    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_sluice_receive_start);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        receive->done(r, receive->data, rc);
        return;
    }

    /* reading holds a count of its own */
    ngx_http_finalize_request(r, NGX_DONE);
}


/* HTTP/2 counts the bytes that its one buffer still takes. */

static void
ngx_http_sluice_receive_start(ngx_http_request_t *r)
{
    ngx_buf_t *buf;
    ngx_http_sluice_ctx_t *ctx;
    ngx_http_sluice_receive_t *receive;

    ctx = ngx_http_sluice_find_ctx(r);
    receive = ctx->upload;
    buf = r->request_body->buf;

    if (buf && r->reading_body && r->http_version < NGX_HTTP_VERSION_20) {
        receive->spare = ngx_create_temp_buf(r->pool,
                                             (size_t) (buf->end - buf->start));
    }

    r->read_event_handler = ngx_http_sluice_receive_read;
    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_http_sluice_receive_read(r);
}


static void
ngx_http_sluice_receive_read(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_http_sluice_ctx_t *ctx;
    ngx_http_sluice_receive_t *receive;

    ctx = ngx_http_sluice_find_ctx(r);
    receive = ctx->upload;
    receive->reads = 0;

    if (r->reading_body && !receive->stop && receive->end == NGX_OK) {
        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            /* what came before the cut counts */
            receive->end = rc;
        }
    }

    if (receive->stop && r->reading_body) {
        receive->end = NGX_HTTP_SLUICE_STOPPED;
    }

    if (!receive->writes) {
        ngx_http_sluice_receive_take(r, receive);

    } else if (receive->end != NGX_OK || !r->reading_body) {
        r->read_event_handler = ngx_http_block_reading;
    }
}


static void
ngx_http_sluice_receive_take(ngx_http_request_t *r,
                             ngx_http_sluice_receive_t *receive)
{
    off_t size;
    ngx_chain_t *cl;

    receive->last = !r->reading_body;
    receive->chain = r->request_body->bufs;
    r->request_body->bufs = NULL;

    if (receive->chain == NULL) {
        if (receive->end != NGX_OK || receive->last) {
            r->read_event_handler = ngx_http_block_reading;
            receive->done(r, receive->data, receive->end);
            return;
        }

        receive->reads = 1;
        return;
    }

    size = receive->spool->size;

    for (cl = receive->chain; cl; cl = cl->next) {
        size += cl->buf->last - cl->buf->pos;
    }

    if (receive->max >= 0 && size > receive->max) {
        receive->chain = NULL;
        r->read_event_handler = ngx_http_block_reading;
        receive->done(r, receive->data, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE);
        return;
    }

    /* the client is not to be timed out for the time that we take */

    if (r->connection->read->timer_set) {
        ngx_del_timer(r->connection->read);
    }

    receive->writes = 1;

    if (ngx_http_sluice_thread_wait(r, &receive->retry,
                                    ngx_http_sluice_receive_work,
                                    ngx_http_sluice_receive_written, receive)
        == NGX_DONE) {
        ngx_http_sluice_receive_ahead(r, receive);
    }
}


/* nginx goes on in whichever buffer is there, as far as that goes; what the
   thread still has it counts as busy. */

static void
ngx_http_sluice_receive_ahead(ngx_http_request_t *r,
                              ngx_http_sluice_receive_t *receive)
{
    ngx_buf_t *buf = receive->spare;

    if (buf == NULL || receive->last || receive->end != NGX_OK) {
        return;
    }

    receive->spare = r->request_body->buf;
    r->request_body->buf = buf;
    buf->pos = buf->start;
    buf->last = buf->start;

    r->read_event_handler = ngx_http_sluice_receive_read;
    ngx_http_sluice_receive_read(r);
}


/* in a thread */

static void
ngx_http_sluice_receive_work(void *data, ngx_log_t *log)
{
    ngx_http_sluice_receive_t *receive = data;

    receive->error = ngx_sluice_spool_append(receive->spool, receive->chain,
                                             receive->sum);

    if (receive->error) {
        ngx_log_error(NGX_LOG_CRIT, log, receive->error,
                      "writing \"%s\" failed", receive->spool->part);
    }
}


static void
ngx_http_sluice_receive_written(ngx_http_request_t *r, void *data)
{
    ngx_chain_t *cl, *next;
    ngx_http_sluice_receive_t *receive = data;

    for (cl = receive->chain; cl; cl = next) {
        next = cl->next;
        cl->buf->pos = cl->buf->last;
        ngx_free_chain(r->pool, cl);
    }

    receive->chain = NULL;
    receive->writes = 0;

    if (receive->error) {
        receive->end =
            status_problem(ngx_http_sluice_spool_status(receive->error))->http;
        r->read_event_handler = ngx_http_block_reading;
        receive->done(r, receive->data, receive->end);
        return;
    }

    r->read_event_handler = ngx_http_sluice_receive_read;
    ngx_http_sluice_receive_read(r);
}


/* A hung request wakes up by the timer that it would retry with. */

void
ngx_http_sluice_receive_stop(ngx_http_sluice_receive_t *receive)
{
    receive->stop = 1;

    if (receive->reads) {
        receive->reads = 0;
        receive->retry.handler = ngx_http_sluice_receive_stopped;
        receive->retry.data = receive->request;
        receive->retry.log = receive->request->connection->log;
        receive->request->read_event_handler = ngx_http_block_reading;
        ngx_add_timer(&receive->retry, 0);
    }
}


static void
ngx_http_sluice_receive_stopped(ngx_event_t *ev)
{
    ngx_connection_t *c;
    ngx_http_request_t *r = ev->data;

    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ev->handler = NULL;
    ngx_http_sluice_receive_read(r);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sluice_receive_cleanup(void *data)
{
    ngx_http_sluice_receive_t *receive = data;

    if (receive->retry.timer_set) {
        ngx_del_timer(&receive->retry);
    }
}


/* nothing is refused in the middle: each upload waits for its turn */

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
    ngx_add_timer(retry, NGX_HTTP_SLUICE_RECEIVE_RETRY);

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


sluice_status_t
ngx_http_sluice_spool_status(ngx_err_t err)
{
    return err == 0                             ? SLUICE_OK
           : err == NGX_ENOSPC || err == EDQUOT ? SLUICE_NO_SPACE
                                                : SLUICE_INTERNAL;
}
