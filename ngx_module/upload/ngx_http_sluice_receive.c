/*
 * A body becomes a file: nginx reads into one buffer while a thread writes the
 * other. A thread that is done and finds the other full goes on with that one,
 * and tells through an eventfd that there is a buffer to read into; it comes
 * back to the loop when nothing is there to write.
 */

#include "ngx_http_sluice_receive.h"
#include "ngx_http_sluice_upload_conf.h"

#include "ngx_module/bridge/ngx_sluice_event.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"

#include <sys/eventfd.h>


/* buffers, before others get the thread */
#define NGX_HTTP_SLUICE_RECEIVE_TURN 8


static void ngx_http_sluice_receive_read(ngx_http_request_t *r);


/* this process's: those that are under way, and what their threads tell */
static ngx_queue_t ngx_http_sluice_receives;
static ngx_connection_t *ngx_http_sluice_receive_told; /* or NULL */
static int ngx_http_sluice_receive_fd = -1;
static ngx_thread_mutex_t ngx_http_sluice_receive_lock;


/* the buffers' way to the thread, and back */

/* What nginx has read, unless that is more than there may be, or may be now:
   then it stays. */

static ngx_chain_t *
ngx_http_sluice_receive_gather(ngx_http_request_t *r,
                               ngx_http_sluice_receive_t *receive)
{
    off_t size;
    ngx_chain_t *cl, *chain;

    chain = r->request_body->bufs;
    size = receive->size;

    for (cl = chain; cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
    }

    if (receive->more && size > receive->granted && size <= receive->max) {
        receive->wanted = size;
        return NULL;
    }

    receive->size = size;
    receive->lent = (chain != NULL);
    r->request_body->bufs = NULL;

    if (size > receive->max) {
        receive->end = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
        r->read_event_handler = ngx_http_block_reading;
        return NULL;
    }

    return chain;
}


/* A full buffer is for the thread that has the other, if it still has it. */

static void
ngx_http_sluice_receive_offer(ngx_http_request_t *r,
                              ngx_http_sluice_receive_t *receive)
{
    ngx_buf_t *buf = r->request_body->buf;

    if (ngx_http_sluice_receive_told == NULL || receive->spare == NULL
        || receive->lent || buf->last != buf->end) {
        return;
    }

    (void) ngx_thread_mutex_lock(&ngx_http_sluice_receive_lock,
                                 r->connection->log);

    if (receive->chain) {
        receive->full = ngx_http_sluice_receive_gather(r, receive);
    }

    (void) ngx_thread_mutex_unlock(&ngx_http_sluice_receive_lock,
                                   r->connection->log);
}


/* Gives nginx back what is written; whether that was something. */

static ngx_uint_t
ngx_http_sluice_receive_free(ngx_http_sluice_receive_t *receive)
{
    ngx_log_t *log = receive->request->connection->log;
    ngx_chain_t *cl, *next, *written;

    (void) ngx_thread_mutex_lock(&ngx_http_sluice_receive_lock, log);

    written = receive->written;
    receive->written = NULL;

    (void) ngx_thread_mutex_unlock(&ngx_http_sluice_receive_lock, log);

    for (cl = written; cl; cl = next) {
        next = cl->next;
        cl->buf->pos = cl->buf->last;
        ngx_free_chain(receive->request->pool, cl);
    }

    return written != NULL;
}


/* In a thread: gives back what is written, and with `more` takes what is full.
   Whether there is something. */

static ngx_uint_t
ngx_http_sluice_receive_next(ngx_http_sluice_receive_t *receive,
                             ngx_uint_t more)
{
    ngx_log_t *log = ngx_cycle->log;

    uint64_t one = 1;
    ngx_uint_t taken;
    ngx_chain_t **last;

    (void) ngx_thread_mutex_lock(&ngx_http_sluice_receive_lock, log);

    for (last = &receive->written; *last; last = &(*last)->next) {
        /* void */
    }

    *last = receive->chain;
    receive->chain = NULL;

    if (more) {
        receive->chain = receive->full;
        receive->full = NULL;
    }

    taken = (receive->chain != NULL);

    (void) ngx_thread_mutex_unlock(&ngx_http_sluice_receive_lock, log);

    if (taken) {
        (void) !write(ngx_http_sluice_receive_fd, &one, sizeof(one));
    }

    return taken;
}


/* in a thread */

static void
ngx_http_sluice_receive_work(void *data, ngx_log_t *log)
{
    ngx_uint_t turn = 0;
    ngx_http_sluice_receive_t *receive = data;

    do {
        receive->error = ngx_sluice_spool_append(receive->spool, receive->chain,
                                                 receive->sum);

        if (receive->error) {
            ngx_log_error(NGX_LOG_CRIT, log, receive->error,
                          "writing \"%s\" failed", receive->spool->part);
        }

    } while (ngx_http_sluice_receive_next(
        receive, receive->error == 0 && ++turn < NGX_HTTP_SLUICE_RECEIVE_TURN));
}


/* reading and writing */

/* nginx goes on in a buffer that the thread has not, as far as that goes; what
   the thread still has it counts as busy. */

static void
ngx_http_sluice_receive_ahead(ngx_http_request_t *r,
                              ngx_http_sluice_receive_t *receive)
{
    ngx_buf_t *buf = receive->spare;

    if (buf == NULL || !r->reading_body || receive->end != NGX_OK) {
        return;
    }

    if (receive->lent) {
        receive->lent = 0;
        receive->spare = r->request_body->buf;
        r->request_body->buf = buf;
        buf->pos = buf->start;
        buf->last = buf->start;
    }

    r->read_event_handler = ngx_http_sluice_receive_read;
    ngx_http_sluice_receive_read(r);
}


static void
ngx_http_sluice_receive_written(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_receive_t *receive = data;

    (void) ngx_http_sluice_receive_free(receive);

    receive->writing = 0;

    if (receive->full == NULL) {
        receive->lent = 0;
    }

    if (receive->spare == NULL) {
        /* nobody read meanwhile: HTTP/2 timed us, not the client */
        r->connection->read->timedout = 0;
    }

    if (receive->error) {
        receive->end =
            status_problem(ngx_sluice_spool_status(receive->error))->http;
        r->read_event_handler = ngx_http_block_reading;
        receive->done(r, receive->data, receive->end);
        return;
    }

    if (receive->wrote) {
        receive->wrote(r, receive->more_data);
    }

    r->read_event_handler = ngx_http_sluice_receive_read;
    ngx_http_sluice_receive_read(r);
}


/* The client is not to be timed out for the time that we take. */

static void
ngx_http_sluice_receive_untimed(ngx_http_request_t *r)
{
    if (r->connection->read->timer_set) {
        ngx_del_timer(r->connection->read);
    }
}


static void
ngx_http_sluice_receive_take(ngx_http_request_t *r,
                             ngx_http_sluice_receive_t *receive)
{
    receive->wanted = 0;

    if (receive->full == NULL) {
        receive->full = ngx_http_sluice_receive_gather(r, receive);
    }

    if (receive->wanted) {
        r->read_event_handler = ngx_http_block_reading;
        ngx_http_sluice_receive_untimed(r);
        receive->more(r, receive->more_data, receive->wanted);
        return;
    }

    if (receive->full == NULL) {
        if (receive->end != NGX_OK || !r->reading_body) {
            r->read_event_handler = ngx_http_block_reading;
            receive->done(r, receive->data, receive->end);
            return;
        }

        receive->reading = 1;
        return;
    }

    receive->chain = receive->full;
    receive->full = NULL;

    ngx_http_sluice_receive_untimed(r);
    receive->writing = 1;

    if (ngx_http_sluice_thread_wait(r, ngx_http_sluice_receive_work,
                                    ngx_http_sluice_receive_written, receive)
        == NGX_DONE) {
        ngx_http_sluice_receive_ahead(r, receive);
    }
}


static void
ngx_http_sluice_receive_read(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_http_sluice_receive_t *receive;

    receive = ngx_http_get_module_ctx(r, ngx_http_sluice_upload_module);
    receive->reading = 0;

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

    if (receive->end != NGX_OK || !r->reading_body) {
        r->read_event_handler = ngx_http_block_reading;
    }

    if (receive->writing) {
        ngx_http_sluice_receive_offer(r, receive);

    } else {
        ngx_http_sluice_receive_take(r, receive);
    }
}


void
ngx_http_sluice_receive_go_on(ngx_http_request_t *r,
                              ngx_http_sluice_receive_t *receive, off_t granted,
                              ngx_int_t rc)
{
    receive->granted = granted;

    if (rc != NGX_OK) {
        receive->end = rc;
        receive->more = NULL;
        r->request_body->bufs = NULL;
    }

    r->read_event_handler = ngx_http_sluice_receive_read;
    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_http_sluice_receive_read(r);
}


/* HTTP/2 counts the bytes that its one buffer still takes. */

static void
ngx_http_sluice_receive_start(ngx_http_request_t *r)
{
    ngx_buf_t *buf;
    ngx_http_sluice_receive_t *receive;

    receive = ngx_http_get_module_ctx(r, ngx_http_sluice_upload_module);
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
ngx_http_sluice_receive_cleanup(void *data)
{
    ngx_http_sluice_receive_t *receive = data;

    ngx_queue_remove(&receive->queue);

    (void) ngx_thread_mutex_lock(&ngx_http_sluice_receive_lock,
                                 receive->request->connection->log);
    receive->full = NULL;
    (void) ngx_thread_mutex_unlock(&ngx_http_sluice_receive_lock,
                                   receive->request->connection->log);

    if (receive->wake.timer_set) {
        ngx_del_timer(&receive->wake);
    }
}


void
ngx_http_sluice_receive(ngx_http_request_t *r,
                        ngx_http_sluice_receive_t *receive)
{
    ngx_int_t rc;
    ngx_http_cleanup_t *cln;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    cln->handler = ngx_http_sluice_receive_cleanup;
    cln->data = receive;

    ngx_http_set_ctx(r, receive, ngx_http_sluice_upload_module);

    receive->request = r;
    receive->size = receive->spool->size;
    receive->end = NGX_OK;
    ngx_queue_insert_head(&ngx_http_sluice_receives, &receive->queue);

    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_sluice_receive_start);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        receive->done(r, receive->data, rc);
        return;
    }

    /* reading holds a count of its own */
    ngx_http_finalize_request(r, NGX_DONE);
}


/* ending one from outside */

static void
ngx_http_sluice_receive_stopped(ngx_event_t *ev)
{
    ngx_connection_t *c;
    ngx_http_request_t *r = ev->data;

    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_http_sluice_receive_read(r);

    ngx_http_run_posted_requests(c);
}


/* A hung request wakes up by a timer: who asks may be at another request. */

void
ngx_http_sluice_receive_stop(ngx_http_sluice_receive_t *receive)
{
    if (receive->request == NULL || receive->stop) {
        return;
    }

    receive->stop = 1;

    if (receive->reading) {
        receive->reading = 0;
        receive->wake.handler = ngx_http_sluice_receive_stopped;
        receive->wake.data = receive->request;
        receive->wake.log = receive->request->connection->log;
        receive->request->read_event_handler = ngx_http_block_reading;
        ngx_add_timer(&receive->wake, 0);
    }
}


/* processes */

/* Some thread has gone on from one buffer to the other. */

static void
ngx_http_sluice_receive_freed(ngx_event_t *ev)
{
    uint64_t count;
    ngx_queue_t *q;
    ngx_connection_t *c = ev->data;
    ngx_http_request_t *r;
    ngx_http_sluice_receive_t *receive;

    (void) !read(c->fd, &count, sizeof(count));

    for (q = ngx_queue_head(&ngx_http_sluice_receives);
         q != ngx_queue_sentinel(&ngx_http_sluice_receives);
         q = ngx_queue_next(q)) {

        receive = ngx_queue_data(q, ngx_http_sluice_receive_t, queue);
        r = receive->request;

        if (receive->lent && ngx_http_sluice_receive_free(receive)) {
            ngx_http_set_log_request(r->connection->log, r);
            ngx_http_sluice_receive_ahead(r, receive);
        }
    }
}


/* The descriptor stays: a thread may be at work yet. */

void
ngx_http_sluice_receive_end(void)
{
    ngx_sluice_event_detach(ngx_http_sluice_receive_told, 1);
    ngx_http_sluice_receive_told = NULL;
}


void
ngx_http_sluice_receive_init(ngx_log_t *log)
{
    ngx_connection_t *c = NULL;

    ngx_queue_init(&ngx_http_sluice_receives);

    if (ngx_thread_mutex_create(&ngx_http_sluice_receive_lock, log) != NGX_OK) {
        return;
    }

    ngx_http_sluice_receive_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    if (ngx_http_sluice_receive_fd != -1) {
        c = ngx_sluice_event_attach(ngx_http_sluice_receive_fd, NULL,
                                    ngx_http_sluice_receive_freed, NULL);
    }

    ngx_http_sluice_receive_told = c;

    if (c == NULL || ngx_sluice_event_want(c, 1, 0) != NGX_OK) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "uploads are slower: their threads cannot tell of free "
                      "buffers");
        ngx_http_sluice_receive_end();
    }
}


off_t
ngx_http_sluice_receive_max(off_t max_size)
{
    return max_size ? ngx_min(max_size, TUS_SIZE_MAX) : TUS_SIZE_MAX;
}
