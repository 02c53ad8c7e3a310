/*
 * Handing an upload over. The lock itself is on the .part file; here stands who
 * has it in this process, so that a newer request can ask a hung one to stop:
 * directly, or through Redis in other processes and on other machines.
 */

#include "ngx_http_sluice_upload.h"

#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/uuid.h"


/* "1 <upload id> <UUIDv7 of the request that asks>": a version, whose holder is
   asked, and how new the asking request is */
#define NGX_HTTP_SLUICE_UPLOAD_NEWS "1 "
#define NGX_HTTP_SLUICE_UPLOAD_NEWS_LEN                          \
    (sizeof(NGX_HTTP_SLUICE_UPLOAD_NEWS) - 1 + UUID_TEXT_LEN + 1 \
     + UUID_TEXT_LEN)


static void ngx_http_sluice_upload_stop(const char *id, const char *token);
static void ngx_http_sluice_upload_event(void *data,
                                         ngx_sluice_redis_event_t event,
                                         ngx_str_t *text);


static ngx_str_t ngx_http_sluice_upload_channel = ngx_string("sluice:uploads");

/* this process's */
static ngx_queue_t ngx_http_sluice_upload_locks;
static ngx_sluice_redis_t *ngx_http_sluice_upload_redis;


void
ngx_http_sluice_upload_listen(ngx_sluice_redis_t *redis)
{
    ngx_queue_init(&ngx_http_sluice_upload_locks);
    ngx_http_sluice_upload_redis = redis;

    if (redis
        && ngx_sluice_redis_subscribe(redis, &ngx_http_sluice_upload_channel,
                                      ngx_http_sluice_upload_event, NULL)
               != NGX_OK) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "requests for uploads are not listened to: out of "
                      "memory");
    }
}


void
ngx_http_sluice_upload_deaf(void)
{
    if (ngx_http_sluice_upload_redis) {
        ngx_sluice_redis_close(ngx_http_sluice_upload_redis);
        ngx_http_sluice_upload_redis = NULL;
    }
}


void
ngx_http_sluice_upload_hold(ngx_http_sluice_upload_lock_t *lock)
{
    lock->held = 1;
    ngx_queue_insert_head(&ngx_http_sluice_upload_locks, &lock->queue);

    if (ngx_http_sluice_upload_redis) {
        ngx_sluice_redis_subscription_keep(ngx_http_sluice_upload_redis, 1);
    }
}


void
ngx_http_sluice_upload_release(ngx_http_sluice_upload_lock_t *lock)
{
    if (!lock->held) {
        return;
    }

    lock->held = 0;
    ngx_queue_remove(&lock->queue);

    if (ngx_http_sluice_upload_redis
        && ngx_queue_empty(&ngx_http_sluice_upload_locks)) {
        ngx_sluice_redis_subscription_keep(ngx_http_sluice_upload_redis, 0);
    }
}


/* PUBLISH sluice:uploads "1 <id> <token>" */

void
ngx_http_sluice_upload_ask(ngx_http_request_t *r,
                           ngx_http_sluice_upload_lock_t *lock)
{
    u_char text[NGX_HTTP_SLUICE_UPLOAD_NEWS_LEN];
    ngx_http_sluice_main_conf_t *smcf;

    ngx_str_t argv[] = { ngx_string("PUBLISH"),
                         ngx_http_sluice_upload_channel,
                         { NGX_HTTP_SLUICE_UPLOAD_NEWS_LEN, text } };

    ngx_http_sluice_upload_stop(lock->id, lock->token);

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    if (smcf->redis) {
        (void) ngx_sprintf(text, NGX_HTTP_SLUICE_UPLOAD_NEWS "%s %s", lock->id,
                           lock->token);
        (void) ngx_sluice_redis_command(smcf->redis, 3, argv, NULL, NULL, NULL);
    }
}


/* What asks may be older than who got it meanwhile; or be that one itself,
   whose question comes back to it. */

static void
ngx_http_sluice_upload_stop(const char *id, const char *token)
{
    ngx_queue_t *q;
    ngx_http_sluice_upload_lock_t *lock;

    for (q = ngx_queue_head(&ngx_http_sluice_upload_locks);
         q != ngx_queue_sentinel(&ngx_http_sluice_upload_locks);
         q = ngx_queue_next(q)) {
        lock = ngx_queue_data(q, ngx_http_sluice_upload_lock_t, queue);

        if (ngx_memcmp(lock->id, id, UUID_TEXT_LEN) == 0) {
            if (ngx_memcmp(lock->token, token, UUID_TEXT_LEN) < 0) {
                lock->stop(lock->data);
            }
            return;
        }
    }
}


static void
ngx_http_sluice_upload_event(void *data, ngx_sluice_redis_event_t event,
                             ngx_str_t *text)
{
    const char *id;

    if (event != NGX_SLUICE_REDIS_MESSAGE
        || text->len != NGX_HTTP_SLUICE_UPLOAD_NEWS_LEN
        || ngx_memcmp(text->data, NGX_HTTP_SLUICE_UPLOAD_NEWS,
                      sizeof(NGX_HTTP_SLUICE_UPLOAD_NEWS) - 1)
               != 0) {
        return;
    }

    id = (char *) text->data + sizeof(NGX_HTTP_SLUICE_UPLOAD_NEWS) - 1;

    ngx_http_sluice_upload_stop(id, id + UUID_TEXT_LEN + 1);
}
