/* Who is at an upload: one request at a time, and a newer one takes over. */

#ifndef NGX_HTTP_SLUICE_UPLOAD_LOCK_H
#define NGX_HTTP_SLUICE_UPLOAD_LOCK_H

#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/uuid.h"

typedef struct {
    /* the caller's */
    ngx_http_sluice_step_pt done;
    void (*stop)(void *data); /* a newer request asks, perhaps repeatedly */
    void *data;

    ngx_http_request_t *request;
    ngx_sluice_spool_t *spool; /* that it is for, or NULL */
    ngx_err_t error;
    char token[UUID_TEXT_SIZE]; /* UUIDv7 of the request: when it came */
    ngx_queue_t queue;
    ngx_event_t timer;
    ngx_msec_t give_up_at;
    ngx_msec_t ask_at;
    unsigned held : 1;
} ngx_http_sluice_upload_lock_t;

/* A process starts to listen when it serves uploads, and ends that. */
void ngx_http_sluice_upload_lock_listen(ngx_sluice_redis_t *redis);
void ngx_http_sluice_upload_lock_end(void);

/* Once a request, which gives back what it holds when it ends. NGX_ERROR
   without memory or randomness. */
ngx_int_t ngx_http_sluice_upload_lock_init(ngx_http_request_t *r,
                                           ngx_http_sluice_upload_lock_t *lock);

/* Opens `spool` and takes its lock, asks whoever has it to stop, then done().
   `error` is 0; NGX_ENOENT: there is no file; NGX_EAGAIN: it was not given up
   in 10 s; else that of the disk. What the file has is durable then. */
void ngx_http_sluice_upload_lock(ngx_http_sluice_upload_lock_t *lock,
                                 ngx_sluice_spool_t *spool);

/* Asks whoever has the lock of `spool`, on any machine, to stop. */
void ngx_http_sluice_upload_lock_ask_for(ngx_http_sluice_upload_lock_t *lock,
                                         ngx_sluice_spool_t *spool);

/* Who has made the file holds it from the start. */
void ngx_http_sluice_upload_lock_hold(ngx_http_sluice_upload_lock_t *lock,
                                      ngx_sluice_spool_t *spool);

/* Has the file closed by a thread; fine when nothing is held. */
void ngx_http_sluice_upload_unlock(ngx_http_sluice_upload_lock_t *lock);

#endif
