/*
 * What threads ask of the bucket, in a lane of their own: neither sign-in nor
 * disks wait behind it. Owners have their turns in it, whoever has the fewest
 * requests under way the next one, and nobody has all threads. Where it
 * refuses, nobody is let in for a while who would hear of it behind his last
 * byte.
 */

#ifndef NGX_HTTP_SLUICE_STORE_LANE_H
#define NGX_HTTP_SLUICE_STORE_LANE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_module/bridge/ngx_sluice_lane.h"
#include "core/base/uuid.h"
#include "core/bucket/bucket.h"
#include "core/store/credentials.h"

typedef struct {
    /* the caller's */
    bucket_rc_t (*work)(void *data, bucket_t *bucket); /* in a thread */
    void (*done)(void *data); /* on the loop, behind it; or NULL: `data`, where
                                 this is in, is freed by ngx_free() */
    void *data;
    char owner[UUID_TEXT_SIZE]; /* whose turn it takes; empty: the house's */

    /* for done(): what work() returned; and unless that is BUCKET_OK, a
       sentence, which is in the log already */
    bucket_rc_t rc;
    char said[BUCKET_SAID_SIZE];

    ngx_sluice_lane_job_t job;
    ngx_queue_t queue; /* while it waits */
    credentials_t who; /* as they were when it was posted */
    unsigned no_bucket : 1;
    unsigned renewed : 1; /* others were in the credentials' file */
} ngx_http_sluice_store_job_t;

/* Of this process: whether uploads go to a bucket; and for how many seconds
   yet nobody is let in since it refused, or was away, or since there are no
   credentials that are good. */
ngx_uint_t ngx_http_sluice_store_takes(void);
time_t ngx_http_sluice_store_refuses(void);

/* On the loop. NGX_OK; NGX_BUSY: so many wait already; NGX_ERROR: there is no
   thread, or no bucket. */
ngx_int_t ngx_http_sluice_store_post(ngx_http_sluice_store_job_t *job);

#endif
