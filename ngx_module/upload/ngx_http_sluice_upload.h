/* What the files of uploads share: a body becomes a file in the spool, and a
   file in the spool becomes a media file. */

#ifndef NGX_HTTP_SLUICE_UPLOAD_H
#define NGX_HTTP_SLUICE_UPLOAD_H

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


/* files become media: ngx_http_sluice_ingest.c */

typedef struct ngx_http_sluice_ingest_s ngx_http_sluice_ingest_t;

/* what a file may say of the score that it belongs to, as arguments of a URL,
   of tus's metadata and of SQL: score, role, position */
#define NGX_HTTP_SLUICE_PARTS 3

extern const char *const ngx_http_sluice_parts[NGX_HTTP_SLUICE_PARTS];

struct ngx_http_sluice_ingest_s {
    /* the caller's */
    ngx_sluice_spool_t *spool; /* committed */
    ngx_str_t filename;
    ngx_str_t title;                       /* empty: from the file's name */
    ngx_str_t part[NGX_HTTP_SLUICE_PARTS]; /* empty: not said */
    json_t *upload; /* more arguments of api.ingest, whose reference is
                       taken over; or NULL */

    /* Called once. The media's id is known (`media`; that of the score, when
       the file belongs to one) when `status` is 200 or 201, 200 for a file that
       was there before; else `result` says why not. */
    void (*done)(ngx_http_request_t *r, ngx_http_sluice_ingest_t *ingest,
                 const ngx_sluice_pg_result_t *result);
    void *data;

    ngx_uint_t status; /* the API's, or 0: the database did not answer */
    char media[UUID_TEXT_SIZE];
    char job[UUID_TEXT_SIZE];
};

/* Row and job in one transaction, then a word to Redis. A file that its owner
   has already, or may not bring, is taken out of the spool. NGX_DONE, and
   done() comes; or what ngx_http_sluice_query() returns. */
ngx_int_t ngx_http_sluice_ingest(ngx_http_request_t *r,
                                 ngx_http_sluice_ingest_t *ingest);

/* Adds what `ingest` says of a score to `args`, which may be NULL. */
void ngx_http_sluice_ingest_part(const ngx_http_sluice_ingest_t *ingest,
                                 json_t *args);

/* The last part of what some clients send as a path. NGX_DECLINED: it is no
   name of 1 to 255 bytes of UTF-8 without control characters. */
ngx_int_t ngx_http_sluice_filename(ngx_str_t *name);

/* NGX_DECLINED: it is longer than the record takes, or not clean UTF-8. */
ngx_int_t ngx_http_sluice_title(ngx_str_t *title);

/* Location: <path><id> */
ngx_int_t ngx_http_sluice_location(ngx_http_request_t *r, const char *path,
                                   const char *id);


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
