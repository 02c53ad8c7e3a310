#include "ngx_http_sluice_watch.h"

#include "ngx_module/bridge/ngx_sluice_event.h"
#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_drain.h"
#include "core/base/job_message.h"
#include "core/base/status.h"
#include "core/base/uuid.h"


#define NGX_HTTP_SLUICE_WATCH_BUCKETS 1024 /* a power of two */
#define NGX_HTTP_SLUICE_WATCH_TICK 500     /* ms, all of these */
#define NGX_HTTP_SLUICE_WATCH_AWAY 2000
#define NGX_HTTP_SLUICE_WATCH_CALM 15000
#define NGX_HTTP_SLUICE_WATCH_BATCH 500 /* jobs asked for in one query */


/* A job that somebody watches. */

typedef struct {
    ngx_queue_t bucket;
    ngx_queue_t round; /* of all jobs, in the order in which they are asked
                          for */
    ngx_queue_t watchers;
    char id[UUID_TEXT_SIZE];
} ngx_http_sluice_watch_job_t;


/* this process's */

typedef struct {
    ngx_http_sluice_main_conf_t *conf;
    ngx_queue_t buckets[NGX_HTTP_SLUICE_WATCH_BUCKETS];
    ngx_queue_t jobs;
    ngx_uint_t count; /* of them */
    ngx_event_t timer;
    ngx_sluice_pg_query_t *query;
    ngx_uint_t left;        /* jobs that this round has not asked for yet */
    ngx_msec_t asked_at;    /* when the last round began */
    unsigned started : 1;   /* buckets and subscription are there */
    unsigned listens : 1;   /* messages come */
    unsigned round_due : 1; /* some may have been missed */
} ngx_http_sluice_watch_t;


static void ngx_http_sluice_watch_ask(void);


static ngx_str_t ngx_http_sluice_watch_channel = ngx_string("sluice:progress");

static ngx_sluice_pg_statement_t ngx_http_sluice_watch_poll = {
    "poll_jobs", "select event from api.poll_jobs($1::uuid[])", 1,
    NGX_SLUICE_PG_STOP
};

static ngx_http_sluice_watch_t ngx_http_sluice_watch_state;


/* {id,id,…}: the first jobs, which go to the end; how many there are. */

static ngx_uint_t
ngx_http_sluice_watch_batch(u_char *ids, ngx_str_t *param)
{
    u_char *p = ids;
    ngx_uint_t n;
    ngx_queue_t *q;
    ngx_http_sluice_watch_t *state = &ngx_http_sluice_watch_state;
    ngx_http_sluice_watch_job_t *job;

    *p++ = '{';

    for (n = 0; n < NGX_HTTP_SLUICE_WATCH_BATCH && state->left
                && !ngx_queue_empty(&state->jobs);
         n++) {
        state->left--;

        q = ngx_queue_head(&state->jobs);
        ngx_queue_remove(q);
        ngx_queue_insert_tail(&state->jobs, q);

        if (n) {
            *p++ = ',';
        }

        job = ngx_queue_data(q, ngx_http_sluice_watch_job_t, round);
        p = ngx_cpymem(p, job->id, UUID_TEXT_LEN);
    }

    *p++ = '}';

    param->data = ids;
    param->len = (size_t) (p - ids);
    return n;
}


static ngx_queue_t *
ngx_http_sluice_watch_bucket(const char *job)
{
    return &ngx_http_sluice_watch_state
                .buckets[ngx_murmur_hash2((u_char *) job, UUID_TEXT_LEN)
                         & (NGX_HTTP_SLUICE_WATCH_BUCKETS - 1)];
}


static ngx_http_sluice_watch_job_t *
ngx_http_sluice_watch_find(const char *id)
{
    ngx_queue_t *q, *bucket;
    ngx_http_sluice_watch_job_t *job;

    bucket = ngx_http_sluice_watch_bucket(id);

    for (q = ngx_queue_head(bucket); q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q)) {
        job = ngx_queue_data(q, ngx_http_sluice_watch_job_t, bucket);

        if (ngx_memcmp(job->id, id, UUID_TEXT_LEN) == 0) {
            return job;
        }
    }

    return NULL;
}


/* Progress between two heartbeats comes with the version of the first: a
   message may `repeat` a version, the record has nothing new under it. */

static void
ngx_http_sluice_watch_tell(const u_char *text, size_t len, ngx_uint_t repeat)
{
    job_message_t message;
    ngx_queue_t *q;
    ngx_http_sluice_watcher_t *watcher;
    ngx_http_sluice_watch_job_t *job;

    if (job_message_read((const char *) text, len, &message) != 0) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "malformed progress of %uz bytes is ignored", len);
        return;
    }

    job = ngx_http_sluice_watch_find(message.job);

    for (q = job ? ngx_queue_head(&job->watchers) : NULL;
         job && q != ngx_queue_sentinel(&job->watchers);
         q = ngx_queue_next(q)) {
        watcher = ngx_queue_data(q, ngx_http_sluice_watcher_t, queue);

        if (message.version > watcher->version
            || (repeat && message.version == watcher->version)) {
            watcher->handler(watcher, &message, 0);
        }
    }

    free(message.text);
}


static void
ngx_http_sluice_watch_asked(void *data, const ngx_sluice_pg_result_t *result)
{
    ngx_str_t text;
    ngx_uint_t i;
    ngx_http_sluice_watch_t *state = data;

    state->query = NULL;

    for (i = 0; i < result->rows; i++) {
        if (ngx_sluice_pg_value(result, i, 0, &text) == NGX_OK) {
            ngx_http_sluice_watch_tell(text.data, text.len, 0);
        }
    }

    if (state->left) {
        ngx_http_sluice_watch_ask();
    }
}


/* A batch, until all jobs have been asked for. */

static void
ngx_http_sluice_watch_ask(void)
{
    u_char *ids;
    ngx_str_t param;
    ngx_http_sluice_watch_t *state = &ngx_http_sluice_watch_state;

    ids = ngx_alloc(NGX_HTTP_SLUICE_WATCH_BATCH * (UUID_TEXT_LEN + 1) + 2,
                    ngx_cycle->log);
    if (ids == NULL) {
        return;
    }

    if (ngx_http_sluice_watch_batch(ids, &param)
        && ngx_sluice_pg_query(state->conf->database, NGX_SLUICE_PG_HOUSE,
                               &ngx_http_sluice_watch_poll, &param,
                               ngx_http_sluice_watch_asked, state,
                               &state->query)
               != SLUICE_OK) {
        state->query = NULL;
    }

    ngx_free(ids);
}


static void
ngx_http_sluice_watch_tick(ngx_event_t *ev)
{
    ngx_msec_t age;
    ngx_queue_t *q, *w;
    ngx_http_sluice_watch_t *state = &ngx_http_sluice_watch_state;
    ngx_http_sluice_watcher_t *watcher;
    ngx_http_sluice_watch_job_t *job;

    ngx_add_timer(&state->timer, NGX_HTTP_SLUICE_WATCH_TICK);

    for (q = ngx_queue_head(&state->jobs);
         q != ngx_queue_sentinel(&state->jobs); q = ngx_queue_next(q)) {
        job = ngx_queue_data(q, ngx_http_sluice_watch_job_t, round);

        for (w = ngx_queue_head(&job->watchers);
             w != ngx_queue_sentinel(&job->watchers); w = ngx_queue_next(w)) {
            watcher = ngx_queue_data(w, ngx_http_sluice_watcher_t, queue);
            watcher->handler(watcher, NULL, ngx_http_sluice_leaves());
        }
    }

    if (ngx_exiting || state->query) {
        return;
    }

    age = ngx_current_msec - state->asked_at;

    if (state->round_due || age >= NGX_HTTP_SLUICE_WATCH_CALM
        || (!state->listens && age >= NGX_HTTP_SLUICE_WATCH_AWAY)) {
        state->round_due = 0;
        state->asked_at = ngx_current_msec;
        state->left = state->count;
        ngx_http_sluice_watch_ask();
    }
}


static void
ngx_http_sluice_watch_stop(void)
{
    ngx_http_sluice_watch_t *state = &ngx_http_sluice_watch_state;

    if (state->query) {
        ngx_sluice_pg_cancel(state->query);
        state->query = NULL;
    }
}


static void
ngx_http_sluice_watch_event(void *data, ngx_sluice_redis_event_t event,
                            ngx_str_t *text)
{
    ngx_http_sluice_watch_t *state = data;

    if (event == NGX_SLUICE_REDIS_MESSAGE) {
        if (state->count) {
            ngx_http_sluice_watch_tell(text->data, text->len, 1);
        }
        return;
    }

    state->listens = (event == NGX_SLUICE_REDIS_SUBSCRIBED);
    state->round_due = 1;
}


/* The timer holds a process that drains, for the watchers to be sent away. */

static void
ngx_http_sluice_watch_begin(ngx_http_sluice_main_conf_t *smcf)
{
    ngx_uint_t i;
    ngx_http_sluice_watch_t *state = &ngx_http_sluice_watch_state;

    state->started = 1;
    state->conf = smcf;

    ngx_queue_init(&state->jobs);

    for (i = 0; i < NGX_HTTP_SLUICE_WATCH_BUCKETS; i++) {
        ngx_queue_init(&state->buckets[i]);
    }

    ngx_sluice_event_timer(&state->timer, ngx_http_sluice_watch_tick);
    ngx_http_sluice_at_exit(ngx_http_sluice_watch_stop);

    if (smcf->redis
        && ngx_sluice_redis_subscribe(smcf->redis,
                                      &ngx_http_sluice_watch_channel,
                                      ngx_http_sluice_watch_event, state)
               != NGX_OK) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "progress is not listened to: out of memory");
    }
}


static ngx_http_sluice_watch_job_t *
ngx_http_sluice_watch_make(const char *id)
{
    ngx_http_sluice_watch_t *state = &ngx_http_sluice_watch_state;
    ngx_http_sluice_watch_job_t *job;

    job = ngx_alloc(sizeof(ngx_http_sluice_watch_job_t), ngx_cycle->log);
    if (job == NULL) {
        return NULL;
    }

    ngx_memcpy(job->id, id, UUID_TEXT_SIZE);
    ngx_queue_init(&job->watchers);
    ngx_queue_insert_tail(ngx_http_sluice_watch_bucket(id), &job->bucket);
    ngx_queue_insert_tail(&state->jobs, &job->round);

    if (state->count++ == 0) {
        ngx_add_timer(&state->timer, NGX_HTTP_SLUICE_WATCH_TICK);
    }

    return job;
}


ngx_int_t
ngx_http_sluice_watch(ngx_http_sluice_main_conf_t *smcf,
                      ngx_http_sluice_watcher_t *watcher)
{
    ngx_http_sluice_watch_job_t *job;

    if (!ngx_http_sluice_watch_state.started) {
        ngx_http_sluice_watch_begin(smcf);
    }

    job = ngx_http_sluice_watch_find(watcher->job);

    if (job == NULL) {
        job = ngx_http_sluice_watch_make(watcher->job);
    }

    if (job == NULL) {
        ngx_queue_init(&watcher->queue);
        return NGX_ERROR;
    }

    ngx_queue_insert_tail(&job->watchers, &watcher->queue);

    return NGX_OK;
}


void
ngx_http_sluice_unwatch(ngx_http_sluice_watcher_t *watcher)
{
    ngx_http_sluice_watch_t *state = &ngx_http_sluice_watch_state;
    ngx_http_sluice_watch_job_t *job;

    ngx_queue_remove(&watcher->queue);

    job = ngx_http_sluice_watch_find(watcher->job);

    if (job == NULL || !ngx_queue_empty(&job->watchers)) {
        return;
    }

    ngx_queue_remove(&job->bucket);
    ngx_queue_remove(&job->round);
    ngx_free(job);

    if (--state->count == 0 && state->timer.timer_set) {
        ngx_del_timer(&state->timer);
    }
}
