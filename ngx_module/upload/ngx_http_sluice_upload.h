/* What the files of uploads share: a body becomes a file in the spool, and a
   file in the spool becomes a media file. */

#ifndef NGX_HTTP_SLUICE_UPLOAD_H
#define NGX_HTTP_SLUICE_UPLOAD_H

#include "ngx_http_sluice_ingest.h"
#include "ngx_http_sluice_receive.h"
#include "ngx_http_sluice_reserve.h"
#include "ngx_http_sluice_upload_conf.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"
#include "core/base/tus.h"
#include "core/base/uuid.h"

#include <jansson.h>

#define NGX_HTTP_SLUICE_FILENAME_MAX 255 /* bytes, as file systems have it */
#define NGX_HTTP_SLUICE_TITLE_MAX 500    /* characters, as the record has */


/* who holds an upload: ngx_http_sluice_upload_lock.c */

typedef struct {
    ngx_queue_t queue;
    char id[UUID_TEXT_SIZE];
    char token[UUID_TEXT_SIZE]; /* UUIDv7 of the request: when it came */
    void (*stop)(void *data);
    void *data;
    unsigned held : 1;
} ngx_http_sluice_upload_lock_t;

/* This process's request works on `lock->id`: `stop` is called when a newer one
   asks for it, here or elsewhere, perhaps more than once. */
void ngx_http_sluice_upload_hold(ngx_http_sluice_upload_lock_t *lock);

/* Fine when it is not held. */
void ngx_http_sluice_upload_release(ngx_http_sluice_upload_lock_t *lock);

/* Asks whoever came before and holds what `lock` is for, in this process and
   through Redis anywhere. */
void ngx_http_sluice_upload_ask(ngx_http_request_t *r,
                                ngx_http_sluice_upload_lock_t *lock);

/* A process starts to listen when it serves uploads, and leaves. */
void ngx_http_sluice_upload_listen(ngx_sluice_redis_t *redis);
void ngx_http_sluice_upload_deaf(void);


/* handlers */

ngx_int_t ngx_http_sluice_upload_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_upload_drop(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_tus_create_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_tus_head_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_tus_patch_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_tus_delete_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_tus_post_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_tus_options_handler(ngx_http_request_t *r);

#endif
