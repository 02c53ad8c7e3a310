/* One thing that a thread asks of the bucket for an upload. It has all that it
   needs: the request may go meanwhile, and then its file may, too. */

#ifndef NGX_HTTP_SLUICE_PARTS_JOB_H
#define NGX_HTTP_SLUICE_PARTS_JOB_H

#include "ngx_http_sluice_parts.h"
#include "ngx_http_sluice_parts_internal.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "ngx_module/store/ngx_http_sluice_store_lane.h"
#include "core/base/sha256.h"
#include "core/bucket/bucket_parts.h"

#include <jansson.h>

typedef void (*ngx_http_sluice_parts_done_pt)(ngx_http_sluice_parts_t *parts,
                                              ngx_http_sluice_parts_job_t *job);

struct ngx_http_sluice_parts_job_s {
    ngx_http_sluice_store_job_t ask;
    ngx_http_sluice_parts_t *parts;     /* NULL: the request has gone */
    ngx_http_sluice_parts_job_t **held; /* where `parts` has it */
    ngx_http_sluice_parts_done_pt done;

    char id[UUID_TEXT_SIZE];
    char name[NGX_HTTP_SLUICE_PARTS_NAME]; /* in the bucket */
    char multipart[BUCKET_UPLOAD_SIZE];
    char *path; /* here */
    off_t from, size;
    off_t free_from, free_to; /* what the disk here gets back first */
    sha256_t behind;
    u_char wants[SHA256_SIZE]; /* its digest, if it is read */
    bucket_part_t part;
    bucket_part_t *all;
    unsigned count;

    /* of a tail: whom the record hears of it from */
    ngx_sluice_pg_t *database;
    const ngx_sluice_spool_place_t *place;
    char actor[UUID_TEXT_SIZE];
    json_t *args;

    void (*alone)(ngx_http_sluice_parts_job_t *job); /* once nobody waits for
                                                        it: the job is its own
                                                        then; or NULL */

    unsigned discard : 1; /* nobody wants what is asked for any more */
    unsigned begins : 1;
    unsigned again : 1;    /* an earlier request may have left a tail */
    unsigned fetches : 1;  /* what is not there is not missed */
    unsigned known : 1;    /* `part` and `behind` are as they came */
    unsigned compares : 1; /* `behind`, when it was read, with `wants` */
};

/* For spool/<id>; NULL without memory. */
ngx_http_sluice_parts_job_t *
ngx_http_sluice_parts_job(const char *id, const char *multipart,
                          bucket_rc_t (*work)(void *data, bucket_t *bucket));
void ngx_http_sluice_parts_job_free(ngx_http_sluice_parts_job_t *job);

/* Asks for a request; `done` hears of it when it went well. `job` may be NULL:
   there was no memory. */
void ngx_http_sluice_parts_post(ngx_http_sluice_parts_t *parts,
                                ngx_http_sluice_parts_job_t *job,
                                ngx_http_sluice_parts_done_pt done);

/* The same with the file, of which `size` bytes from `from` on are meant. */
void ngx_http_sluice_parts_post_file(ngx_http_sluice_parts_t *parts,
                                     ngx_http_sluice_parts_job_t *job,
                                     off_t from, off_t size,
                                     ngx_http_sluice_parts_done_pt done);

#endif
