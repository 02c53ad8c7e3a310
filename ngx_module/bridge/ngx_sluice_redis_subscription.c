#include "ngx_sluice_redis_internal.h"


#define NGX_SLUICE_REDIS_BEAT 1000 /* ms at most between two signs of life */
#define NGX_SLUICE_REDIS_BACKOFF 250
#define NGX_SLUICE_REDIS_BACKOFF_MAX 2000


struct ngx_sluice_redis_subscription_s {
    ngx_sluice_redis_subscription_t *next;
    ngx_sluice_redis_t *redis;
    ngx_sluice_redis_primary_t primary;
    ngx_str_t channel;
    ngx_sluice_redis_event_pt handler;
    void *data;
    ngx_event_t timer;   /* always runs, but while a primary is sought, and for
                            a process that leaves */
    ngx_msec_t backoff;  /* before the next try */
    unsigned stands : 1; /* messages come */
    unsigned told : 1;   /* of the loss */
    unsigned keep : 1;   /* a process that drains does not close it */
};


static void
ngx_sluice_redis_subscription_ask(ngx_sluice_redis_subscription_t *sub);


/* what the timer waits for: the next try, a reply, the next sign of life */

static void
ngx_sluice_redis_subscription_wait(ngx_sluice_redis_subscription_t *sub,
                                   ngx_event_handler_pt handler,
                                   ngx_msec_t timeout)
{
    if (sub->timer.timer_set) {
        ngx_del_timer(&sub->timer);
    }

    sub->timer.handler = handler;
    ngx_add_timer(&sub->timer, timeout);
}


/* A subscribed context of hiredis 0.14 never answers a PING's callback; the
   same SUBSCRIBE again is answered like the first. */

static void
ngx_sluice_redis_subscription_beat(ngx_event_t *ev)
{
    ngx_sluice_redis_subscription_ask(ev->data);
}


static void
ngx_sluice_redis_subscription_confirmed(ngx_sluice_redis_subscription_t *sub)
{
    ngx_sluice_redis_subscription_wait(
        sub, ngx_sluice_redis_subscription_beat,
        ngx_min(sub->redis->conf.timeout / 2, NGX_SLUICE_REDIS_BEAT));

    if (sub->stands) {
        return;
    }

    if (sub->told) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "redis: \"%V\" is listened to again", &sub->channel);
    }

    sub->stands = 1;
    sub->told = 0;
    sub->backoff = NGX_SLUICE_REDIS_BACKOFF;

    sub->handler(sub->data, NGX_SLUICE_REDIS_SUBSCRIBED, NULL);
}


/* ["subscribe", channel, 1] and ["message", channel, payload]; NULL when the
   context is freed, which _lost() has told */

static void
ngx_sluice_redis_subscription_reply(redisAsyncContext *ac, void *data,
                                    void *privdata)
{
    ngx_str_t text;
    redisReply *reply = data;
    ngx_sluice_redis_subscription_t *sub = privdata;

    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY
        || reply->elements != 3) {
        return;
    }

    if (ngx_strcmp(reply->element[0]->str, "subscribe") == 0) {
        ngx_sluice_redis_subscription_confirmed(sub);

    } else if (ngx_strcmp(reply->element[0]->str, "message") == 0
               && reply->element[2]->type == REDIS_REPLY_STRING) {
        text.data = (u_char *) reply->element[2]->str;
        text.len = reply->element[2]->len;

        sub->handler(sub->data, NGX_SLUICE_REDIS_MESSAGE, &text);
    }
}


static void
ngx_sluice_redis_subscription_silent(ngx_event_t *ev)
{
    ngx_sluice_redis_subscription_t *sub = ev->data;

    ngx_sluice_redis_primary_close(&sub->primary, "no answer in time");
}


/* Half of the timeout goes by between two of them, and the other half here. */

static void
ngx_sluice_redis_subscription_ask(ngx_sluice_redis_subscription_t *sub)
{
    ngx_str_t argv[] = { ngx_string("SUBSCRIBE"), sub->channel };

    if (ngx_sluice_redis_conn_send(&sub->primary.conn, 2, argv,
                                   ngx_sluice_redis_subscription_reply, sub)
        != NGX_OK) {
        ngx_sluice_redis_primary_close(&sub->primary, "nothing can be sent");
        return;
    }

    ngx_sluice_redis_subscription_wait(sub,
                                       ngx_sluice_redis_subscription_silent,
                                       sub->redis->conf.timeout / 2);
}


static void
ngx_sluice_redis_subscription_open(ngx_event_t *ev)
{
    ngx_sluice_redis_subscription_t *sub = ev->data;

    if (!ngx_exiting) {
        (void) ngx_sluice_redis_primary_open(&sub->primary);
    }
}


static void
ngx_sluice_redis_subscription_found(ngx_sluice_redis_primary_t *primary)
{
    ngx_sluice_redis_subscription_t *sub = primary->data;

    primary->conn.c->idle = !sub->keep;

    ngx_sluice_redis_subscription_ask(sub);
}


/* The processes of many machines do not come back in the same millisecond. */

static void
ngx_sluice_redis_subscription_lost(ngx_sluice_redis_primary_t *primary,
                                   const char *error)
{
    ngx_msec_t delay;
    ngx_sluice_redis_subscription_t *sub = primary->data;

    if (sub->timer.timer_set) {
        ngx_del_timer(&sub->timer);
    }

    if (sub->handler == NULL || ngx_exiting) {
        return;
    }

    delay = sub->backoff / 2 + (ngx_msec_t) ngx_random() % (sub->backoff / 2);

    ngx_sluice_redis_subscription_wait(sub, ngx_sluice_redis_subscription_open,
                                       delay);

    sub->backoff = ngx_min(sub->backoff * 2, NGX_SLUICE_REDIS_BACKOFF_MAX);
    sub->stands = 0;

    if (sub->told) {
        return;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "redis: \"%V\" is not listened to: %s", &sub->channel,
                  error ? error : "closed");

    sub->told = 1;
    sub->handler(sub->data, NGX_SLUICE_REDIS_LOST, NULL);
}


ngx_int_t
ngx_sluice_redis_subscribe(ngx_sluice_redis_t *redis, const ngx_str_t *channel,
                           ngx_sluice_redis_event_pt handler, void *data)
{
    ngx_sluice_redis_subscription_t *sub;

    sub = ngx_calloc(sizeof(ngx_sluice_redis_subscription_t), ngx_cycle->log);
    if (sub == NULL) {
        return NGX_ERROR;
    }

    sub->redis = redis;
    sub->channel = *channel;
    sub->handler = handler;
    sub->data = data;
    sub->backoff = NGX_SLUICE_REDIS_BACKOFF;
    ngx_sluice_redis_primary_init(&sub->primary, &redis->conf);
    sub->primary.data = sub;
    sub->primary.found = ngx_sluice_redis_subscription_found;
    sub->primary.lost = ngx_sluice_redis_subscription_lost;
    sub->timer.data = sub;
    sub->timer.log = ngx_cycle->log;
    sub->timer.cancelable = 1;

    sub->next = redis->subscriptions;
    redis->subscriptions = sub;

    ngx_sluice_redis_subscription_wait(sub, ngx_sluice_redis_subscription_open,
                                       0);

    return NGX_OK;
}


void
ngx_sluice_redis_unsubscribe(ngx_sluice_redis_t *redis)
{
    ngx_sluice_redis_subscription_t *sub;

    while (redis->subscriptions) {
        sub = redis->subscriptions;
        redis->subscriptions = sub->next;
        sub->handler = NULL;

        if (sub->timer.timer_set) {
            ngx_del_timer(&sub->timer);
        }

        ngx_sluice_redis_primary_close(&sub->primary, NULL);
        ngx_free(sub);
    }
}


/* nginx closes what is idle when it begins to drain */

void
ngx_sluice_redis_subscription_keep(ngx_sluice_redis_t *redis, ngx_uint_t keep)
{
    ngx_sluice_redis_subscription_t *sub;

    for (sub = redis->subscriptions; sub; sub = sub->next) {
        sub->keep = keep;

        if (sub->primary.stands) {
            sub->primary.conn.c->idle = !keep;
        }
    }
}
