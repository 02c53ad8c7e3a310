#include "ngx_http_sluice_watch.h"

#include "ngx_module/bridge/ngx_sluice_event.h"
#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/job_message.h"
#include "core/base/status.h"
#include "core/base/uuid.h"


#define NGX_HTTP_SLUICE_WATCH_BUCKETS 1024 /* a power of two */
#define NGX_HTTP_SLUICE_WATCH_TICK 500     /* ms, all of these */
#define NGX_HTTP_SLUICE_WATCH_AWAY 2000
#define NGX_HTTP_SLUICE_WATCH_CALM 15000
#define NGX_HTTP_SLUICE_WATCH_BATCH 500 /* jobs asked for in one query */


/* this process's */

typedef struct {
    ngx_http_sluice_main_conf_t *conf;
    ngx_queue_t buckets[NGX_HTTP_SLUICE_WATCH_BUCKETS];
    ngx_uint_t count;
    ngx_event_t timer;
    ngx_sluice_pg_query_t *query;
    ngx_uint_t bucket;      /* where the next batch begins */
    ngx_msec_t asked_at;    /* when the last round began */
    unsigned started : 1;   /* buckets and subscription are there */
    unsigned listens : 1;   /* messages come */
    unsigned round_due : 1; /* some may have been missed */
} ngx_http_sluice_watch_t;


static void ngx_http_sluice_watch_ask(void);


static ngx_str_t ngx_http_sluice_watch_channel = ngx_string("sluice:progress");

static ngx_sluice_pg_statement_t ngx_http_sluice_watch_poll = {
    "poll_jobs", "select event from api.poll_jobs($1::uuid[])", 1, 0
};

static ngx_http_sluice_watch_t ngx_http_sluice_watch_state;


/* {id,id,…}: of a bucket that holds more than a batch, the first ones; how many
   there are. */

static ngx_uint_t
ngx_http_sluice_watch_batch(u_char *ids, ngx_str_t *param)
{
    u_char *p = ids;
    ngx_uint_t n = 0;
    ngx_queue_t *q, *bucket;
    ngx_http_sluice_watch_t *state = &ngx_http_sluice_watch_state;
    ngx_http_sluice_watcher_t *watcher;

    *p++ = '{';

    for (/* void */; state->bucket < NGX_HTTP_SLUICE_WATCH_BUCKETS;
         state->bucket++) {
        bucket = &state->buckets[state->bucket];

        for (q = ngx_queue_head(bucket);
             q != ngx_queue_sentinel(bucket) && n < NGX_HTTP_SLUICE_WATCH_BATCH;
             q = ngx_queue_next(q)) {
            if (n++) {
                *p++ = ',';
            }
            watcher = ngx_queue_data(q, ngx_http_sluice_watcher_t, queue);
            p = ngx_cpymem(p, watcher->job, UUID_TEXT_LEN);
        }

        if (n == NGX_HTTP_SLUICE_WATCH_BATCH) {
            state->bucket++;
            break;
        }
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


/* Progress between two heartbeats comes with the version of the first: a
   message may `repeat` a version, the record has nothing new under it. */

static void
ngx_http_sluice_watch_tell(const u_char *text, size_t len, ngx_uint_t repeat)
{
    job_message_t message;
    ngx_queue_t *q, *bucket;
    ngx_http_sluice_watcher_t *watcher;

    if (job_message_read((const char *) text, len, &message) != 0) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "malformed progress of %uz bytes is ignored", len);
        return;
    }

    bucket = ngx_http_sluice_watch_bucket(message.job);

    for (q = ngx_queue_head(bucket); q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q)) {
        watcher = ngx_queue_data(q, ngx_http_sluice_watcher_t, queue);

        if (ngx_memcmp(watcher->job, message.job, UUID_TEXT_LEN) == 0
            && (message.version > watcher->version
                || (repeat && message.version == watcher->version))) {
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

    if (state->bucket < NGX_HTTP_SLUICE_WATCH_BUCKETS && state->count) {
        ngx_http_sluice_watch_ask();
    }
}


/* A batch, until all buckets have been asked for. */

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
        && ngx_sluice_pg_query(
               state->conf->database, &ngx_http_sluice_watch_poll, &param,
               ngx_http_sluice_watch_asked, state, &state->query)
               != SLUICE_OK) {
        state->query = NULL;
    }

    ngx_free(ids);
}


static void
ngx_http_sluice_watch_tick(ngx_event_t *ev)
{
    ngx_uint_t i;
    ngx_msec_t age;
    ngx_queue_t *q;
    ngx_http_sluice_watch_t *state = &ngx_http_sluice_watch_state;
    ngx_http_sluice_watcher_t *watcher;

    ngx_add_timer(&state->timer, NGX_HTTP_SLUICE_WATCH_TICK);

    for (i = 0; i < NGX_HTTP_SLUICE_WATCH_BUCKETS; i++) {
        for (q = ngx_queue_head(&state->buckets[i]);
             q != ngx_queue_sentinel(&state->buckets[i]);
             q = ngx_queue_next(q)) {
            watcher = ngx_queue_data(q, ngx_http_sluice_watcher_t, queue);
            watcher->handler(watcher, NULL, ngx_exiting);
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
        state->bucket = 0;
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


void
ngx_http_sluice_watch(ngx_http_sluice_main_conf_t *smcf,
                      ngx_http_sluice_watcher_t *watcher)
{
    ngx_http_sluice_watch_t *state = &ngx_http_sluice_watch_state;

    if (!state->started) {
        ngx_http_sluice_watch_begin(smcf);
    }

    ngx_queue_insert_tail(ngx_http_sluice_watch_bucket(watcher->job),
                          &watcher->queue);

    if (state->count++ == 0) {
        ngx_add_timer(&state->timer, NGX_HTTP_SLUICE_WATCH_TICK);
    }
}


void
ngx_http_sluice_unwatch(ngx_http_sluice_watcher_t *watcher)
{
    ngx_http_sluice_watch_t *state = &ngx_http_sluice_watch_state;

    ngx_queue_remove(&watcher->queue);

    if (--state->count == 0 && state->timer.timer_set) {
        ngx_del_timer(&state->timer);
    }
}
