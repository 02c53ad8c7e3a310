/* Files become media. */

#ifndef NGX_HTTP_SLUICE_INGEST_H
#define NGX_HTTP_SLUICE_INGEST_H

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_once.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/uuid.h"

#include <jansson.h>


/* what a file is called, which score it belongs to, or who may see it */

/* arguments of a URL, of tus's metadata and of SQL: score, role, position,
   visibility */
#define NGX_HTTP_SLUICE_LABEL_ARGS 6

extern const char *const ngx_http_sluice_label_args[NGX_HTTP_SLUICE_LABEL_ARGS];

typedef struct {
    ngx_str_t filename;
    ngx_str_t title;                            /* empty: from `filename` */
    ngx_str_t args[NGX_HTTP_SLUICE_LABEL_ARGS]; /* empty: not said */
} ngx_http_sluice_label_t;

/* Takes the last part of a file name that some clients send as a path. A file
   name is what a grant may name a file, see grant_claims_filename(); all else
   is at most 500 characters of UTF-8 without control characters. NGX_DECLINED
   when there is nothing to refuse, else the answer. */
ngx_int_t ngx_http_sluice_label_check(ngx_http_request_t *r,
                                      ngx_http_sluice_label_t *label);

/* The answer that a field of a label cannot be taken. */
ngx_int_t ngx_http_sluice_label_refuse(ngx_http_request_t *r,
                                       const char *field);

/* Adds what the label says besides names to `args`, which may be NULL. */
void ngx_http_sluice_label_tell(const ngx_http_sluice_label_t *label,
                                json_t *args);


/* a media file */

typedef struct ngx_http_sluice_ingest_s ngx_http_sluice_ingest_t;

struct ngx_http_sluice_ingest_s {
    /* the caller's */
    ngx_sluice_spool_t *spool;     /* committed */
    ngx_http_sluice_label_t label; /* checked */
    json_t *more;                  /* arguments of api.ingest, or NULL */
    ngx_http_sluice_once_t once;   /* the request's key */

    /* Called once. The media's id is known (`media`; that of the score, when
       the file belongs to one) when `status` is 200 or 201, 200 for a file that
       was there before, and of a `read_only` one what that was; else `result`
       says why not. */
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

/* Location: <path><id> */
ngx_int_t ngx_http_sluice_location(ngx_http_request_t *r, const char *path,
                                   const char *id);

#endif
