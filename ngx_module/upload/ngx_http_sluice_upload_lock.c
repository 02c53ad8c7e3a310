/*
 * The lock itself is on the .part file. Here stands who has it in this process,
 * so that a newer request can ask a hung one to stop: directly, or through
 * Redis in other processes and on other machines.
 */

#include "ngx_http_sluice_upload_lock.h"

#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/uuid.h"


/* ms: between two tries, between two requests to hand it over, and until it is
   given up */

#define NGX_HTTP_SLUICE_UPLOAD_LOCK_TRY 20
#define NGX_HTTP_SLUICE_UPLOAD_LOCK_ASK 250
#define NGX_HTTP_SLUICE_UPLOAD_LOCK_PATIENCE 10000

/* "1 <upload id> <UUIDv7 of the request that asks>": a version, whose holder is
   asked, and how new the asking request is */
#define NGX_HTTP_SLUICE_UPLOAD_LOCK_MESSAGE "1 "
#define NGX_HTTP_SLUICE_UPLOAD_LOCK_MESSAGE_LEN                          \
    (sizeof(NGX_HTTP_SLUICE_UPLOAD_LOCK_MESSAGE) - 1 + UUID_TEXT_LEN + 1 \
     + UUID_TEXT_LEN)


static void ngx_http_sluice_upload_lock_tried(ngx_http_request_t *r,
                                              void *data);


static ngx_str_t ngx_http_sluice_upload_lock_channel = ngx_string(
    "sluice:uploads");

/* this process's */
static ngx_queue_t ngx_http_sluice_upload_locks;
static ngx_sluice_redis_t *ngx_http_sluice_upload_lock_redis;


/* asking who has it */

/* What asks may be older than who got it meanwhile; or be that one itself,
   whose question comes back to it. */

static void
ngx_http_sluice_upload_lock_stop(const char *id, const char *token)
{
    ngx_queue_t *q;
    ngx_http_sluice_upload_lock_t *lock;

    for (q = ngx_queue_head(&ngx_http_sluice_upload_locks);
         q != ngx_queue_sentinel(&ngx_http_sluice_upload_locks);
         q = ngx_queue_next(q)) {
        lock = ngx_queue_data(q, ngx_http_sluice_upload_lock_t, queue);

        if (ngx_memcmp(lock->spool->id, id, UUID_TEXT_LEN) == 0) {
            if (ngx_memcmp(lock->token, token, UUID_TEXT_LEN) < 0) {
                lock->stop(lock->data);
            }
            return;
        }
    }
}


/* PUBLISH sluice:uploads "1 <id> <token>" */

void
ngx_http_sluice_upload_lock_ask_for(ngx_http_sluice_upload_lock_t *lock,
                                    ngx_sluice_spool_t *spool)
{
    u_char text[NGX_HTTP_SLUICE_UPLOAD_LOCK_MESSAGE_LEN];
    ngx_http_sluice_main_conf_t *smcf;

    ngx_str_t argv[] = { ngx_string("PUBLISH"),
                         ngx_http_sluice_upload_lock_channel,
                         { NGX_HTTP_SLUICE_UPLOAD_LOCK_MESSAGE_LEN, text } };

    ngx_http_sluice_upload_lock_stop(spool->id, lock->token);

    smcf = ngx_http_get_module_main_conf(lock->request, ngx_http_sluice_module);

    if (smcf->redis) {
        (void) ngx_sprintf(text, NGX_HTTP_SLUICE_UPLOAD_LOCK_MESSAGE "%s %s",
                           spool->id, lock->token);
        (void) ngx_sluice_redis_command(smcf->redis, 3, argv, NULL, NULL, NULL);
    }
}


static void
ngx_http_sluice_upload_lock_asked(void *data, ngx_sluice_redis_event_t event,
                                  ngx_str_t *text)
{
    const char *id;

    if (event != NGX_SLUICE_REDIS_MESSAGE
        || text->len != NGX_HTTP_SLUICE_UPLOAD_LOCK_MESSAGE_LEN
        || ngx_memcmp(text->data, NGX_HTTP_SLUICE_UPLOAD_LOCK_MESSAGE,
                      sizeof(NGX_HTTP_SLUICE_UPLOAD_LOCK_MESSAGE) - 1)
               != 0) {
        return;
    }

    id = (char *) text->data + sizeof(NGX_HTTP_SLUICE_UPLOAD_LOCK_MESSAGE) - 1;

    ngx_http_sluice_upload_lock_stop(id, id + UUID_TEXT_LEN + 1);
}


void
ngx_http_sluice_upload_lock_listen(ngx_sluice_redis_t *redis)
{
    ngx_queue_init(&ngx_http_sluice_upload_locks);
    ngx_http_sluice_upload_lock_redis = redis;

    if (redis
        && ngx_sluice_redis_subscribe(redis,
                                      &ngx_http_sluice_upload_lock_channel,
                                      ngx_http_sluice_upload_lock_asked, NULL)
               != NGX_OK) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "requests for uploads are not listened to: out of "
                      "memory");
    }
}


void
ngx_http_sluice_upload_lock_end(void)
{
    if (ngx_http_sluice_upload_lock_redis) {
        ngx_sluice_redis_close(ngx_http_sluice_upload_lock_redis);
        ngx_http_sluice_upload_lock_redis = NULL;
    }
}


/* having it */

void
ngx_http_sluice_upload_lock_hold(ngx_http_sluice_upload_lock_t *lock,
                                 ngx_sluice_spool_t *spool)
{
    lock->spool = spool;
    lock->held = 1;
    ngx_queue_insert_head(&ngx_http_sluice_upload_locks, &lock->queue);

    if (ngx_http_sluice_upload_lock_redis) {
        ngx_sluice_redis_subscription_keep(ngx_http_sluice_upload_lock_redis,
                                           1);
    }
}


static void
ngx_http_sluice_upload_lock_release(ngx_http_sluice_upload_lock_t *lock)
{
    if (!lock->held) {
        return;
    }

    lock->held = 0;
    ngx_queue_remove(&lock->queue);

    if (ngx_http_sluice_upload_lock_redis
        && ngx_queue_empty(&ngx_http_sluice_upload_locks)) {
        ngx_sluice_redis_subscription_keep(ngx_http_sluice_upload_lock_redis,
                                           0);
    }
}


void
ngx_http_sluice_upload_unlock(ngx_http_sluice_upload_lock_t *lock)
{
    ngx_http_sluice_upload_lock_release(lock);

    if (lock->spool) {
        ngx_sluice_spool_release(lock->spool, 0, 1);
        lock->spool = NULL;
    }
}


/* The file goes with the request's memory: a thread may be at it yet. */

static void
ngx_http_sluice_upload_lock_cleanup(void *data)
{
    ngx_http_sluice_upload_lock_t *lock = data;

    if (lock->timer.timer_set) {
        ngx_del_timer(&lock->timer);
    }

    ngx_http_sluice_upload_lock_release(lock);
}


ngx_int_t
ngx_http_sluice_upload_lock_init(ngx_http_request_t *r,
                                 ngx_http_sluice_upload_lock_t *lock)
{
    ngx_http_cleanup_t *cln;

    cln = ngx_http_cleanup_add(r, 0);

    if (cln == NULL || uuid_v7(lock->token) != 0) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_sluice_upload_lock_cleanup;
    cln->data = lock;
    lock->request = r;

    return NGX_OK;
}


/* getting it */

/* In a thread. What the answer tells is durable. */

static void
ngx_http_sluice_upload_lock_try(void *data, ngx_log_t *log)
{
    ngx_http_sluice_upload_lock_t *lock = data;

    lock->error = ngx_sluice_spool_open(lock->spool);

    if (lock->error == 0) {
        lock->error = ngx_sluice_spool_save(lock->spool);
    }

    if (lock->error && lock->error != NGX_EAGAIN && lock->error != NGX_ENOENT) {
        ngx_log_error(NGX_LOG_CRIT, log, lock->error, "the file of upload %s",
                      lock->spool->id);
    }
}


void
ngx_http_sluice_upload_lock(ngx_http_sluice_upload_lock_t *lock,
                            ngx_sluice_spool_t *spool)
{
    lock->spool = spool;
    lock->give_up_at = ngx_current_msec + NGX_HTTP_SLUICE_UPLOAD_LOCK_PATIENCE;
    lock->ask_at = ngx_current_msec;

    (void) ngx_http_sluice_thread_wait(lock->request,
                                       ngx_http_sluice_upload_lock_try,
                                       ngx_http_sluice_upload_lock_tried, lock);
}


static void
ngx_http_sluice_upload_lock_try_again(ngx_event_t *ev)
{
    ngx_connection_t *c;
    ngx_http_sluice_upload_lock_t *lock = ev->data;

    c = lock->request->connection;

    ngx_http_set_log_request(c->log, lock->request);

    (void) ngx_http_sluice_thread_wait(lock->request,
                                       ngx_http_sluice_upload_lock_try,
                                       ngx_http_sluice_upload_lock_tried, lock);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sluice_upload_lock_tried(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_upload_lock_t *lock = data;

    if (lock->error == 0) {
        ngx_http_sluice_upload_lock_hold(lock, lock->spool);
    }

    if (lock->error != NGX_EAGAIN
        || (ngx_msec_int_t) (ngx_current_msec - lock->give_up_at) >= 0) {
        lock->done(r, lock->data);
        return;
    }

    if ((ngx_msec_int_t) (ngx_current_msec - lock->ask_at) >= 0) {
        lock->ask_at = ngx_current_msec + NGX_HTTP_SLUICE_UPLOAD_LOCK_ASK;
        ngx_http_sluice_upload_lock_ask_for(lock, lock->spool);
    }

    lock->timer.handler = ngx_http_sluice_upload_lock_try_again;
    lock->timer.data = lock;
    lock->timer.log = r->connection->log;
    ngx_add_timer(&lock->timer, NGX_HTTP_SLUICE_UPLOAD_LOCK_TRY);

    /* while it waits the client may leave */

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;
}
