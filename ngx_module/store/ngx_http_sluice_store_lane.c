#include "ngx_http_sluice_store_internal.h"
#include "ngx_http_sluice_store_lane.h"

#include "ngx_module/bridge/ngx_sluice_carrier.h"
#include "ngx_module/bridge/ngx_sluice_lane.h"

#include <pthread.h>


/* jobs that wait: an upload has a few at a time */
#define NGX_HTTP_SLUICE_STORE_WAITING 1024

/* threads; and those that one owner may have of them */
#define NGX_HTTP_SLUICE_STORE_THREADS NGX_SLUICE_LANE_THREADS_MAX
#define NGX_HTTP_SLUICE_STORE_OWN (NGX_HTTP_SLUICE_STORE_THREADS - 2)

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
    .name = "requests to the bucket", .threads = NGX_HTTP_SLUICE_STORE_THREADS
};

/* the loop's: who has a thread, and who waits for one */
static ngx_http_sluice_store_job_t
    *ngx_http_sluice_store_running[NGX_HTTP_SLUICE_STORE_THREADS];
static ngx_queue_t ngx_http_sluice_store_waiting;
static ngx_uint_t ngx_http_sluice_store_waits;

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


/* whose turn it is, on the loop */

/* A free place among those that run; or NULL. */

static ngx_http_sluice_store_job_t **
ngx_http_sluice_store_place(const ngx_http_sluice_store_job_t *job)
{
    ngx_uint_t i;

    for (i = 0; i < NGX_HTTP_SLUICE_STORE_THREADS; i++) {
        if (ngx_http_sluice_store_running[i] == job) {
            return &ngx_http_sluice_store_running[i];
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_http_sluice_store_runs(const char *owner)
{
    ngx_uint_t i, n = 0;

    for (i = 0; i < NGX_HTTP_SLUICE_STORE_THREADS; i++) {
        if (ngx_http_sluice_store_running[i]
            && ngx_strcmp(ngx_http_sluice_store_running[i]->owner, owner)
                   == 0) {
            n++;
        }
    }

    return n;
}


/* The first of who has the fewest; or NULL. */

static ngx_http_sluice_store_job_t *
ngx_http_sluice_store_next(void)
{
    ngx_uint_t n, fewest = NGX_HTTP_SLUICE_STORE_OWN;
    ngx_queue_t *q;
    ngx_http_sluice_store_job_t *job, *next = NULL;

    for (q = ngx_queue_head(&ngx_http_sluice_store_waiting);
         q != ngx_queue_sentinel(&ngx_http_sluice_store_waiting) && fewest;
         q = ngx_queue_next(q)) {

        job = ngx_queue_data(q, ngx_http_sluice_store_job_t, queue);
        n = ngx_http_sluice_store_runs(job->owner);

        if (n < fewest) {
            fewest = n;
            next = job;
        }
    }

    return next;
}


/* NGX_OK, or NGX_ERROR: there is no thread at all, and nothing runs. */

static ngx_int_t
ngx_http_sluice_store_go(void)
{
    ngx_http_sluice_store_job_t *job, **place;

    for (;;) {
        place = ngx_http_sluice_store_place(NULL);
        job = place ? ngx_http_sluice_store_next() : NULL;

        if (job == NULL) {
            return NGX_OK;
        }

        if (ngx_sluice_lane_post(&ngx_http_sluice_store_asking, &job->job)
            != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_queue_remove(&job->queue);
        ngx_http_sluice_store_waits--;
        *place = job;
    }
}


/* on the loop */

static void
ngx_http_sluice_store_answered(void *data)
{
    ngx_http_sluice_store_job_t *job = data;

    *ngx_http_sluice_store_place(job) = NULL;

    if (job->renewed) {
        ngx_http_sluice_store_look();
    }

    (void) ngx_http_sluice_store_go();

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

    if (ngx_http_sluice_store_waits == NGX_HTTP_SLUICE_STORE_WAITING) {
        return NGX_BUSY;
    }

    job->who = ngx_http_sluice_store_asked->credentials;
    job->no_bucket = 0;
    job->renewed = 0;
    job->job.work = ngx_http_sluice_store_ask;
    job->job.done = ngx_http_sluice_store_answered;
    job->job.data = job;

    ngx_queue_insert_tail(&ngx_http_sluice_store_waiting, &job->queue);
    ngx_http_sluice_store_waits++;

    if (ngx_http_sluice_store_go() != NGX_OK
        && ngx_http_sluice_store_place(job) == NULL) {
        ngx_queue_remove(&job->queue);
        ngx_http_sluice_store_waits--;
        return NGX_ERROR;
    }

    return NGX_OK;
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

    ngx_queue_init(&ngx_http_sluice_store_waiting);
    ngx_http_sluice_store_asked = store;

    return NGX_OK;
}


/* All that waits is done: whose turn it is does not matter any more. */

void
ngx_http_sluice_store_lane_end(void)
{
    ngx_queue_t *q;
    ngx_http_sluice_store_job_t *job;

    while (ngx_http_sluice_store_waits) {
        q = ngx_queue_head(&ngx_http_sluice_store_waiting);
        job = ngx_queue_data(q, ngx_http_sluice_store_job_t, queue);
        ngx_queue_remove(q);
        ngx_http_sluice_store_waits--;

        (void) ngx_sluice_lane_post(&ngx_http_sluice_store_asking, &job->job);
    }

    ngx_sluice_lane_end(&ngx_http_sluice_store_asking);
}
