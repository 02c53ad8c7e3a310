#include "ngx_http_sluice_store_internal.h"
#include "ngx_http_sluice_store_lane.h"

#include "ngx_module/bridge/ngx_sluice_carrier.h"
#include "ngx_module/bridge/ngx_sluice_lane.h"

#include <pthread.h>


/* jobs that wait: an upload has one at a time */
#define NGX_HTTP_SLUICE_STORE_WAITING 1024

/* s, for which nobody is let in: the next one then finds out */
#define NGX_HTTP_SLUICE_STORE_REFUSED 10
#define NGX_HTTP_SLUICE_STORE_AWAY 2


/* A thread's own: its connection stays open. */
typedef struct {
    bucket_t *bucket;
    credentials_t who;
    ngx_http_sluice_store_job_t *job; /* at hand */
} ngx_http_sluice_store_hand_t;


static ngx_sluice_lane_t ngx_http_sluice_store_asking = {
    .name = "requests to the bucket",
    .threads = 4,
    .max = NGX_HTTP_SLUICE_STORE_WAITING
};
static ngx_http_sluice_store_t *ngx_http_sluice_store_asked; /* or NULL */
static pthread_key_t ngx_http_sluice_store_hand;
static time_t ngx_http_sluice_store_shut_until;
static ngx_uint_t ngx_http_sluice_store_shut_by; /* version of credentials */


/* in a thread */

static void
ngx_http_sluice_store_hand_end(void *data)
{
    ngx_http_sluice_store_hand_t *hand = data;

    bucket_close(hand->bucket);
    ngx_explicit_memzero(&hand->who, sizeof(credentials_t));
    ngx_free(hand);
}


/* What the bucket refuses may have been replaced since the loop looked. */

static int
ngx_http_sluice_store_hand_renew(void *data)
{
    ngx_http_sluice_store_hand_t *hand = data;

    char err[LOCATION_ERROR_SIZE];
    int others = 0;
    credentials_t found;

    if (credentials_find(&found, &ngx_http_sluice_store_asked->location, err,
                         sizeof(err))
            == 0
        && !credentials_same(&found, &hand->who)) {
        hand->who = found;
        hand->job->renewed = 1;
        others = 1;

        /* of what was refused, should the others be taken */
        (void) ngx_cpystrn((u_char *) hand->job->said,
                           (u_char *) bucket_said(hand->bucket),
                           sizeof(hand->job->said));
    }

    credentials_forget(&found);

    return others;
}


static ngx_http_sluice_store_hand_t *
ngx_http_sluice_store_hand_get(void)
{
    ngx_http_sluice_store_hand_t *hand;

    hand = pthread_getspecific(ngx_http_sluice_store_hand);
    if (hand) {
        return hand;
    }

    hand = ngx_calloc(sizeof(ngx_http_sluice_store_hand_t), ngx_cycle->log);
    if (hand == NULL) {
        return NULL;
    }

    hand->bucket = bucket_open(&ngx_sluice_carrier,
                               &ngx_http_sluice_store_asked->location,
                               &hand->who);

    if (hand->bucket == NULL
        || pthread_setspecific(ngx_http_sluice_store_hand, hand) != 0) {
        ngx_http_sluice_store_hand_end(hand);
        return NULL;
    }

    bucket_renews(hand->bucket, ngx_http_sluice_store_hand_renew, hand);

    return hand;
}


static void
ngx_http_sluice_store_ask(void *data)
{
    ngx_http_sluice_store_job_t *job = data;
    ngx_http_sluice_store_hand_t *hand;

    hand = ngx_http_sluice_store_hand_get();

    if (hand == NULL) {
        job->rc = BUCKET_WRONG;
        (void) ngx_cpystrn((u_char *) job->said, (u_char *) "out of memory",
                           sizeof(job->said));
        return;
    }

    hand->job = job;
    hand->who = job->who;
    ngx_explicit_memzero(&job->who, sizeof(credentials_t));

    job->rc = job->work(job->data, hand->bucket);
    job->no_bucket = bucket_is_none(hand->bucket);

    if (job->rc != BUCKET_OK || !job->renewed) {
        (void) ngx_cpystrn((u_char *) job->said,
                           (u_char *) bucket_said(hand->bucket),
                           sizeof(job->said));
    }
}


/* on the loop */

static void
ngx_http_sluice_store_answered(void *data)
{
    ngx_http_sluice_store_job_t *job = data;

    if (job->renewed) {
        ngx_http_sluice_store_look();
    }

    if (job->rc == BUCKET_OK) {
        ngx_http_sluice_store_shut_until = 0;

        if (job->renewed) {
            ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                          "the store: %s; there were others by then, and it "
                          "was asked again",
                          job->said);
        }

    } else {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "the store: %s",
                      job->said);
    }

    ngx_http_sluice_store_shut_by = ngx_http_sluice_store_asked->version;

    if (job->rc == BUCKET_REFUSED || job->no_bucket) {
        ngx_http_sluice_store_shut_until = ngx_time()
                                           + NGX_HTTP_SLUICE_STORE_REFUSED;

    } else if (job->rc == BUCKET_AWAY) {
        ngx_http_sluice_store_shut_until = ngx_time()
                                           + NGX_HTTP_SLUICE_STORE_AWAY;
    }

    if (job->done) {
        job->done(job->data);
        return;
    }

    ngx_free(job->data);
}


ngx_uint_t
ngx_http_sluice_store_takes(void)
{
    return ngx_http_sluice_store_asked != NULL;
}


time_t
ngx_http_sluice_store_refuses(void)
{
    if (ngx_http_sluice_store_asked != NULL
        && !ngx_http_sluice_store_good(ngx_http_sluice_store_asked)) {
        return NGX_HTTP_SLUICE_STORE_AWAY;
    }

    /* who comes by others may try */

    if (ngx_http_sluice_store_asked != NULL
        && ngx_http_sluice_store_asked->version
               != ngx_http_sluice_store_shut_by) {
        return 0;
    }

    return ngx_max(ngx_http_sluice_store_shut_until - ngx_time(), 0);
}


ngx_int_t
ngx_http_sluice_store_post(ngx_http_sluice_store_job_t *job)
{
    if (ngx_http_sluice_store_asked == NULL) {
        return NGX_ERROR;
    }

    job->who = ngx_http_sluice_store_asked->credentials;
    job->no_bucket = 0;
    job->renewed = 0;
    job->job.work = ngx_http_sluice_store_ask;
    job->job.done = ngx_http_sluice_store_answered;
    job->job.data = job;

    return ngx_sluice_lane_post(&ngx_http_sluice_store_asking, &job->job);
}


ngx_int_t
ngx_http_sluice_store_lane_begin(ngx_http_sluice_store_t *store)
{
    if (ngx_sluice_carrier_init() != NGX_OK
        || pthread_key_create(&ngx_http_sluice_store_hand,
                              ngx_http_sluice_store_hand_end)
               != 0) {
        ngx_log_error(NGX_LOG_EMERG, ngx_cycle->log, 0,
                      "the store cannot be asked: out of memory");
        return NGX_ERROR;
    }

    ngx_http_sluice_store_asked = store;

    return NGX_OK;
}


void
ngx_http_sluice_store_lane_end(void)
{
    ngx_sluice_lane_end(&ngx_http_sluice_store_asking);
}
