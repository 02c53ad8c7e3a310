/*
 * An upload goes up to the bucket, part by part, while it comes in: what is
 * full is put by a thread, a few beside each other, and recorded in its order;
 * then it is safe, and its bytes leave the disk here. So much may wait on this
 * disk, and no more, that the client is read from while parts are under way.
 */

#ifndef NGX_HTTP_SLUICE_PARTS_H
#define NGX_HTTP_SLUICE_PARTS_H

#include "ngx_http_sluice_grow.h"
#include "ngx_http_sluice_receive.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/sha256.h"
#include "core/base/status.h"
#include "core/base/uuid.h"
#include "core/bucket/bucket_parts.h"

#include <jansson.h>

typedef struct ngx_http_sluice_parts_job_s ngx_http_sluice_parts_job_t;
typedef struct ngx_http_sluice_parts_ways_s ngx_http_sluice_parts_ways_t;

/* bytes of its names in the bucket, terminated; and what it is there */
#define NGX_HTTP_SLUICE_PARTS_NAME (sizeof("spool/.tail") + UUID_TEXT_LEN)
#define NGX_HTTP_SLUICE_PARTS_TYPE "application/octet-stream"

/* parts of an upload that are under way */
#define NGX_HTTP_SLUICE_PARTS_AT_ONCE 4

/* One of them. */
typedef struct {
    ngx_http_sluice_parts_job_t *job; /* NULL: the bucket has it */
    bucket_part_t part;
    sha256_t behind; /* how far it is behind it */
} ngx_http_sluice_parts_put_t;

typedef struct {
    /* the caller's */
    ngx_sluice_spool_t *spool;
    ngx_http_sluice_receive_t *receive;
    ngx_http_sluice_grow_t *grow; /* unless the length is known */
    off_t length;                 /* or -1 */

    /* why it failed, when it did; SLUICE_OK */
    sluice_status_t status;

    ngx_http_request_t *request;
    ngx_sluice_pg_t *database;
    char actor[UUID_TEXT_SIZE];
    json_int_t turn;
    char multipart[BUCKET_UPLOAD_SIZE]; /* S3's id of it; empty: none yet */

    unsigned number; /* of parts that are safe */
    off_t safe;      /* their bytes */
    off_t freed;     /* of these, that were given back to the disk here */
    sha256_t behind; /* how far it is behind them */
    unsigned asked;  /* parts that were put, or are: `puts` has those behind
                        `number`, each at its own modulo _AT_ONCE */
    off_t asked_to;  /* their bytes, and all before */
    ngx_http_sluice_parts_put_t puts[NGX_HTTP_SLUICE_PARTS_AT_ONCE];
    ngx_sluice_spool_end_t ends[NGX_SLUICE_SPOOL_ENDS + 1]; /* behind these */
    ngx_uint_t ends_count;
    off_t tail; /* bytes behind them that the bucket has, too */
    u_char tail_sha256[SHA256_SIZE];
    off_t here;   /* bytes on this disk, or before, that may go up */
    off_t wanted; /* bytes that there are to be here; 0: nobody waits */

    const ngx_http_sluice_parts_ways_t *ways;
    ngx_http_sluice_parts_job_t *job; /* what else is asked of the bucket */
    ngx_sluice_pg_query_t *query;     /* and of the record; or NULL */
    ngx_http_sluice_step_pt ended;    /* NULL: more comes */
    void *data;
    ngx_err_t error;
    ngx_event_t lease;    /* renews the turn of this node, where there is one */
    unsigned used : 1;    /* there is a bucket */
    unsigned mine : 1;    /* the turn before was this node's, too */
    unsigned begun : 1;   /* the record has `multipart` */
    unsigned unsure : 1;  /* what is behind `asked` was read, and not compared
                             with what had come */
    unsigned resting : 1; /* what is full goes up, and the tail behind it */
    unsigned rested : 1;
    unsigned waits : 1;     /* for the tail */
    unsigned hand : 1;      /* a tail goes up behind the answer */
    unsigned handed : 1;    /* who puts the tail ends the turn */
    unsigned whole : 1;     /* all of it is here, or before */
    unsigned left : 1;      /* when the request goes, so does what is there */
    unsigned complete : 1;  /* spool/<id> is all of it */
    unsigned reserving : 1; /* a thread makes room for `wanted` */
    unsigned leaves : 1;    /* this node does, and its balancer will know */
    unsigned given : 1;     /* so the body was stopped: another one goes on */
} ngx_http_sluice_parts_t;

/* NGX_DECLINED when there is nothing to refuse, else the answer that the bucket
   takes nothing now. */
ngx_int_t ngx_http_sluice_parts_check(ngx_http_request_t *r);

/* Once a request: `used` says whether uploads go to a bucket; then
   api.add_upload() is to hear the spool's node. NGX_ERROR without memory. */
ngx_int_t ngx_http_sluice_parts_init(ngx_http_request_t *r,
                                     ngx_http_sluice_parts_t *parts);

/* Bytes that the file may have here now, so far as is known already: for
   ngx_sluice_spool_grow(). */
off_t ngx_http_sluice_parts_room(const ngx_http_sluice_parts_t *parts);

/* The same for a file that is there, of whose next `chunk` bytes, or 0, none go
   up before they are judged. */
off_t ngx_http_sluice_parts_space(const ngx_http_sluice_parts_t *parts,
                                  off_t chunk);

/* For a body that comes: sets what `receive` asks. */
void ngx_http_sluice_parts_receive(ngx_http_sluice_parts_t *parts);

/* The body has ended, and its file is whole: the rest goes up, and all of it is
   one file of the bucket, spool/<id>; then `ended`. `status` tells. */
void ngx_http_sluice_parts_finish(ngx_http_sluice_parts_t *parts,
                                  ngx_http_sluice_step_pt ended, void *data);

/* For one that is taken up again: what api.take_upload() has said. Unless it is
   `held`, the turn is renewed until the request ends. NGX_OK, or NGX_ERROR. */
ngx_int_t ngx_http_sluice_parts_turn(ngx_http_sluice_parts_t *parts,
                                     const json_t *body);

/* The same for one that was made just now. */
void ngx_http_sluice_parts_first_turn(ngx_http_sluice_parts_t *parts);

/* How far SHA-256 is behind so many bytes, as the record has it. NGX_OK, or
   NGX_ERROR. */
ngx_int_t ngx_http_sluice_parts_digest(const json_t *body, off_t bytes,
                                       sha256_t *sha256);

/* What the record hears of it with whatever else: arguments of its functions.
 */
json_t *ngx_http_sluice_parts_args(const ngx_http_sluice_parts_t *parts);

/* The bucket's tail is written into the file here, behind `safe`; then `ended`,
   with `tail` 0 where there is none any more. */
void ngx_http_sluice_parts_fetch(ngx_http_sluice_parts_t *parts,
                                 ngx_http_sluice_step_pt ended, void *data);

/* The body has ended, and more will come: what is full goes up, then what is
   behind it, so that another node can go on, then `ended`. Unless it `waits`,
   the tail goes up behind the answer. */
void ngx_http_sluice_parts_rest(ngx_http_sluice_parts_t *parts,
                                ngx_uint_t waits, ngx_http_sluice_step_pt ended,
                                void *data);

/* The request is about to give the file back: where all of it is in the bucket,
   nothing stays here. */
void ngx_http_sluice_parts_leave_disk(ngx_http_sluice_parts_t *parts);

/* Soon there is nothing of it in the bucket; for one that the record knows no
   more. `multipart` may be empty. */
void ngx_http_sluice_parts_discard(const char *id, const char *multipart);

#endif
