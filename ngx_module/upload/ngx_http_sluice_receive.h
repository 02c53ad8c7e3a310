/* Bodies become files. */

#ifndef NGX_HTTP_SLUICE_RECEIVE_H
#define NGX_HTTP_SLUICE_RECEIVE_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/tus.h"

#define NGX_HTTP_SLUICE_STOPPED NGX_ABORT

typedef struct {
    /* the caller's */
    ngx_sluice_spool_t *spool;
    off_t max;           /* bytes the file may have */
    tus_checksum_t *sum; /* or NULL */

    /* NGX_OK: the body is whole, and written. Else what arrived before is
       written, and `rc` is what ngx_http_finalize_request() takes; the client
       may have left, so nothing is to be answered: say it through
       ngx_http_sluice_finish(). */
    void (*done)(ngx_http_request_t *r, void *data, ngx_int_t rc);
    void *data;

    /* NULL: it may have `max` bytes. Else `granted` now, and where more have
       come, so many in all are asked for: _go_on() answers. */
    void (*more)(ngx_http_request_t *r, void *data, off_t size);
    void *more_data;
    off_t granted;

    /* NULL; or called with `more_data` when a thread has written, and none
       writes: the spool can be looked at. May end nothing. */
    void (*wrote)(ngx_http_request_t *r, void *data);

    ngx_queue_t queue;
    ngx_http_request_t *request; /* NULL: not begun */
    ngx_buf_t *spare; /* the buffer that nginx does not read into, or NULL */
    off_t size;       /* of the file, when all that has come is written */
    off_t wanted;     /* 0, or what that would be with what nginx has read */
    ngx_event_t wake; /* to stop one that waits */
    ngx_int_t end;    /* what ends it, or NGX_OK */
    unsigned reading : 1; /* waits for the client alone */
    unsigned writing : 1; /* a thread is at work, or will be */
    unsigned lent : 1;    /* what nginx's buffer holds, to the thread */
    unsigned stop : 1;

    /* the thread's while it works */
    ngx_err_t error;
    ngx_chain_t *chain;   /* is written */
    ngx_chain_t *full;    /* comes next, where the thread finds it */
    ngx_chain_t *written; /* may be read into again */
} ngx_http_sluice_receive_t;

/* A process starts and ends. */
void ngx_http_sluice_receive_init(ngx_log_t *log);
void ngx_http_sluice_receive_end(void);

/* Reads the body of `r` unbuffered and lets a thread append it to the spool;
   two buffers of client_body_buffer_size are all the memory that takes. The
   request's count must have been taken for the time that was waited for before;
   it is given back. */
void ngx_http_sluice_receive(ngx_http_request_t *r,
                             ngx_http_sluice_receive_t *receive);

/* Ends it: what has arrived is written, then done() comes with
   NGX_HTTP_SLUICE_STOPPED, soon but never from inside. Fine before it has begun
   and when it was stopped before. */
void ngx_http_sluice_receive_stop(ngx_http_sluice_receive_t *receive);

/* Bytes that a file may have at all, where a location's "max_size" is this, 0
   for none. */
off_t ngx_http_sluice_receive_max(off_t max_size);

/* It may have so many bytes; or ends with `rc`, unless NGX_OK. */
void ngx_http_sluice_receive_go_on(ngx_http_request_t *r,
                                   ngx_http_sluice_receive_t *receive,
                                   off_t granted, ngx_int_t rc);

#endif
