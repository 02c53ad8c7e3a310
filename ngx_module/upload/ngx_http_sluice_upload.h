/* What the files of uploads share: a body becomes a file in the spool, and a
   file in the spool becomes a media file. */

#ifndef NGX_HTTP_SLUICE_UPLOAD_H
#define NGX_HTTP_SLUICE_UPLOAD_H

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

extern ngx_module_t ngx_http_sluice_upload_module;

#define NGX_HTTP_SLUICE_FILENAME_MAX 255 /* bytes, as file systems have it */
#define NGX_HTTP_SLUICE_TITLE_MAX 500    /* characters, as the record has */

typedef struct {
    ngx_str_t spool; /* empty: no sluice_upload here */
    off_t max_size;  /* 0: no bound */
    off_t keep_free;
    ngx_str_t file; /* where it stands, for messages */
    ngx_uint_t line;
} ngx_http_sluice_upload_loc_conf_t;


/* files begin: ngx_http_sluice_reserve.c */

typedef struct ngx_http_sluice_reserve_s ngx_http_sluice_reserve_t;

#define NGX_HTTP_SLUICE_EXPIRED_MAX 16 /* as api.clear_uploads() has it */

struct ngx_http_sluice_reserve_s {
    /* the caller's */
    ngx_http_sluice_upload_loc_conf_t *conf;
    ngx_sluice_spool_t *spool;
    off_t length; /* announced, or -1 */
    ngx_http_sluice_step_pt done;
    void *data;

    ngx_err_t error; /* 0: there is a file */
    unsigned cleared : 1;
    ngx_uint_t nexpired; /* uploads whose files are to go */
    char expired[NGX_HTTP_SLUICE_EXPIRED_MAX][UUID_TEXT_SIZE];
};

/* Makes the file as ngx_sluice_spool_reserve() does, in a thread, then done().
   For want of space it clears what expired uploads have left, and tries once
   more. For the request's user; its count must have been taken. */
void ngx_http_sluice_reserve(ngx_http_request_t *r,
                             ngx_http_sluice_reserve_t *reserve);


/* bodies: ngx_http_sluice_receive.c */

typedef struct ngx_http_sluice_receive_s ngx_http_sluice_receive_t;

/* NGX_OK: the body is whole, and written. Else what arrived before is written,
   and `rc` is what ngx_http_finalize_request() takes; the client may have left,
   so nothing is to be answered: say it through ngx_http_sluice_finish(). */
typedef void (*ngx_http_sluice_received_pt)(ngx_http_request_t *r, void *data,
                                            ngx_int_t rc);

struct ngx_http_sluice_receive_s {
    /* the caller's */
    ngx_sluice_spool_t *spool;
    off_t max;           /* bytes the file may have, or -1 */
    tus_checksum_t *sum; /* or NULL */
    ngx_http_sluice_received_pt done;
    void *data;

    ngx_queue_t queue;
    ngx_http_request_t *request;
    ngx_buf_t *spare;    /* the buffer that nginx does not read into, or NULL */
    off_t size;          /* of the file, when all that has come is written */
    ngx_event_t wake;    /* to stop one that waits */
    ngx_int_t end;       /* what ends it, or NGX_OK */
    unsigned reads : 1;  /* waits for the client alone */
    unsigned writes : 1; /* a thread is at work, or will be */
    unsigned given : 1;  /* what nginx's buffer holds, to the thread */
    unsigned stop : 1;

    /* the thread's while it works */
    ngx_err_t error;
    ngx_chain_t *chain;   /* is written */
    ngx_chain_t *full;    /* comes next, where the thread finds it */
    ngx_chain_t *written; /* may be read into again */
};

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
   NGX_HTTP_SLUICE_STOPPED, soon but never from inside. */
void ngx_http_sluice_receive_stop(ngx_http_sluice_receive_t *receive);

#define NGX_HTTP_SLUICE_STOPPED NGX_ABORT


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
