/* What the files of tus share: one request of that protocol. */

#ifndef NGX_HTTP_SLUICE_TUS_H
#define NGX_HTTP_SLUICE_TUS_H

#include "ngx_http_sluice_upload.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"
#include "core/base/tus.h"
#include "core/base/uuid.h"

#include <jansson.h>

#define NGX_HTTP_SLUICE_TUS_PATH "/api/uploads"

typedef struct ngx_http_sluice_tus_s ngx_http_sluice_tus_t;

typedef void (*ngx_http_sluice_tus_pt)(ngx_http_sluice_tus_t *tus);

typedef enum {
    NGX_HTTP_SLUICE_TUS_HEAD,
    NGX_HTTP_SLUICE_TUS_PATCH,
    NGX_HTTP_SLUICE_TUS_CREATE,
    NGX_HTTP_SLUICE_TUS_DELETE
} ngx_http_sluice_tus_goal_t;

struct ngx_http_sluice_tus_s {
    ngx_http_request_t *request;
    ngx_http_sluice_upload_loc_conf_t *conf;
    ngx_http_sluice_tus_goal_t goal;
    char id[UUID_TEXT_SIZE];

    /* asked for; -1: not said */
    off_t offset;
    off_t given;
    tus_parts_t parts;
    tus_checksum_t sum;

    /* the upload, as the record has it, or as it will */
    off_t length; /* -1: not known yet */
    off_t room;   /* of a quota; -1: none */
    off_t grows;  /* what its file comes to have at least by this request */
    time_t expires;
    ngx_str_t metadata;
    char media[UUID_TEXT_SIZE]; /* empty: none yet */

    ngx_sluice_spool_t *spool;
    ngx_sluice_spool_t *part; /* of the final one, while it is read */
    off_t part_offset;
    ngx_uint_t part_number;
    off_t part_lengths[TUS_PARTS_MAX];

    ngx_http_sluice_upload_lock_t lock;
    ngx_sluice_spool_t *wanted; /* what the lock is for */
    ngx_http_sluice_tus_pt next;
    ngx_event_t timer; /* for the lock */
    ngx_msec_t until;
    ngx_msec_t ask_at;

    ngx_http_sluice_reserve_t reserve;
    ngx_http_sluice_receive_t receive;
    ngx_http_sluice_ingest_t ingest;
    ngx_int_t end; /* how the body ended */
    ngx_err_t error;

    unsigned summed : 1; /* `sum` was begun */
    unsigned good : 1;   /* and is what was announced */
    unsigned defer : 1;
    unsigned partial : 1;
    unsigned done : 1;
    unsigned again : 1; /* the record was read again */
    unsigned stop : 1;  /* a newer request asked */
    unsigned was_open : 1;
};


/* what a request says: ngx_http_sluice_tus_request.c */

/* A request; NULL and the answer when it is refused already. */
ngx_http_sluice_tus_t *
ngx_http_sluice_tus_create(ngx_http_request_t *r,
                           ngx_http_sluice_tus_goal_t goal, ngx_int_t *rc);

/* 1 and the value when there is such a header; its name in lower case. */
ngx_uint_t ngx_http_sluice_tus_header(ngx_http_request_t *r, const char *name,
                                      ngx_str_t *value);

/* The same for a number. NGX_DECLINED: there is none; NGX_ERROR: it is no
   number. */
ngx_int_t ngx_http_sluice_tus_size(ngx_http_request_t *r, const char *name,
                                   off_t *size);

/* A refusal, whose `field` is the header; returns what a handler returns. */
ngx_int_t ngx_http_sluice_tus_bad(ngx_http_request_t *r, sluice_status_t status,
                                  const char *header);

/* What a creation says, and what stands before a body. NGX_DECLINED when there
   is nothing to refuse, else the answer. */
ngx_int_t ngx_http_sluice_tus_read_create(ngx_http_sluice_tus_t *tus);
ngx_int_t ngx_http_sluice_tus_read_body(ngx_http_sluice_tus_t *tus);

/* Which score the file belongs to, from the metadata. NGX_OK, or NGX_ERROR
   without memory. */
ngx_int_t ngx_http_sluice_tus_read_score(ngx_http_sluice_tus_t *tus);

ngx_uint_t ngx_http_sluice_tus_has_body(ngx_http_request_t *r);


/* asking and answering: ngx_http_sluice_tus_answer.c */

/* A header of the answer; `value` must outlive the request. */
ngx_int_t ngx_http_sluice_tus_say(ngx_http_request_t *r, const char *name,
                                  const char *value);
ngx_int_t ngx_http_sluice_tus_say_size(ngx_http_request_t *r, const char *name,
                                       off_t value);

/* 413 with the bound; returns what a handler returns. */
ngx_int_t ngx_http_sluice_tus_too_large(ngx_http_sluice_tus_t *tus);

/* Answers with the headers of the upload as it is now. */
void ngx_http_sluice_tus_answer(ngx_http_sluice_tus_t *tus);

void ngx_http_sluice_tus_refuse(ngx_http_sluice_tus_t *tus,
                                sluice_status_t status, const char *detail);

/* Calls api.<name>; the reference to `args` is taken over. */
void ngx_http_sluice_tus_query(ngx_http_sluice_tus_t *tus,
                               const ngx_sluice_pg_statement_t *call,
                               json_t *args, ngx_http_sluice_row_pt handler);

/* The body that came, to json_decref(); or NULL, and it was answered. */
json_t *ngx_http_sluice_tus_body(ngx_http_sluice_tus_t *tus,
                                 const ngx_sluice_pg_result_t *result);

/* Takes what the record has of the upload. NGX_OK, or NGX_ERROR. */
ngx_int_t ngx_http_sluice_tus_take(ngx_http_sluice_tus_t *tus, json_t *body);

/* Runs in the thread pool; a full one is waited for. */
void ngx_http_sluice_tus_thread(ngx_http_sluice_tus_t *tus,
                                void (*work)(void *data, ngx_log_t *log),
                                ngx_http_sluice_step_pt step);


/* the bytes: ngx_http_sluice_tus_file.c */

/* Opens `spool` and takes its lock, asks whoever has it to stop; then `next`,
   with `error` 0 or NGX_ENOENT. All else is answered. */
void ngx_http_sluice_tus_lock(ngx_http_sluice_tus_t *tus,
                              ngx_sluice_spool_t *spool,
                              ngx_http_sluice_tus_pt next);

/* Makes the file of `spool`, for `length` bytes, then `step`. */
void ngx_http_sluice_tus_reserve(ngx_http_sluice_tus_t *tus,
                                 ngx_http_sluice_step_pt step);

/* Ends the lock. */
void ngx_http_sluice_tus_unlock(ngx_http_sluice_tus_t *tus);

/* The lock is held: the body goes behind what is there, then the answer. */
void ngx_http_sluice_tus_append(ngx_http_sluice_tus_t *tus);

/* The lock is held: an upload that is whole becomes a media file; then, and if
   it is not whole, the answer. */
void ngx_http_sluice_tus_finish(ngx_http_sluice_tus_t *tus);


/* putting parts together: ngx_http_sluice_tus_final.c */

void ngx_http_sluice_tus_final(ngx_http_sluice_tus_t *tus);

#endif
