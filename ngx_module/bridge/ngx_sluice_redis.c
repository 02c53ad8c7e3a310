#include "ngx_sluice_redis_internal.h"


#define NGX_SLUICE_REDIS_AGAIN 100  /* ms after a connection that stood */
#define NGX_SLUICE_REDIS_RETRY 1000 /* ms after one that did not come about */
#define NGX_SLUICE_REDIS_MAX_PENDING 4096


struct ngx_sluice_redis_command_s {
    ngx_sluice_redis_t *redis;
    ngx_sluice_redis_handler_pt handler; /* NULL: nobody waits */
    ngx_sluice_redis_list_pt list;       /* NULL: the reply is one text */
    void *data;
};


static void ngx_sluice_redis_reply(redisAsyncContext *ac, void *data,
                                   void *privdata);
static void ngx_sluice_redis_timeout(ngx_event_t *ev);


/* the connection's life */

static void
ngx_sluice_redis_connected(ngx_sluice_redis_conn_t *conn)
{
    ngx_sluice_redis_t *redis = conn->data;

    redis->away = 0;
}


/* Callbacks that are still to come do not open another connection. */

static void
ngx_sluice_redis_lost(ngx_sluice_redis_conn_t *conn, const char *error)
{
    ngx_sluice_redis_t *redis = conn->data;

    if (error) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "redis connection lost: %s", error);
    }

    redis->pending = 0;
    redis->retry_at = ngx_current_msec
                      + (redis->away ? NGX_SLUICE_REDIS_RETRY
                                     : NGX_SLUICE_REDIS_AGAIN);
    redis->away = 1;

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }
}


ngx_sluice_redis_t *
ngx_sluice_redis_create(ngx_pool_t *pool, ngx_sluice_redis_conf_t *conf)
{
    ngx_sluice_redis_t *redis;

    redis = ngx_pcalloc(pool, sizeof(ngx_sluice_redis_t));
    if (redis == NULL) {
        return NULL;
    }

    redis->conf = *conf;
    redis->conn.data = redis;
    redis->conn.connected = ngx_sluice_redis_connected;
    redis->conn.lost = ngx_sluice_redis_lost;
    redis->timer.handler = ngx_sluice_redis_timeout;
    redis->timer.data = redis;

    return redis;
}


/* commands and replies */

static sluice_status_t
ngx_sluice_redis_submit(ngx_sluice_redis_t *redis, ngx_uint_t argc,
                        const ngx_str_t *argv,
                        const ngx_sluice_redis_command_t *wanted,
                        ngx_sluice_redis_command_t **command)
{
    ngx_sluice_redis_command_t *cmd;

    if (argc > NGX_SLUICE_REDIS_MAX_ARGS) {
        return SLUICE_INTERNAL;
    }

    if (redis->pending >= NGX_SLUICE_REDIS_MAX_PENDING) {
        return SLUICE_BUSY;
    }

    if (redis->conn.ac == NULL) {
        if (redis->away
            && (ngx_msec_int_t) (redis->retry_at - ngx_current_msec) > 0) {
            return SLUICE_REDIS_AWAY;
        }

        redis->timer.log = ngx_cycle->log;

        if (ngx_sluice_redis_conn_open(&redis->conn, &redis->conf) != NGX_OK) {
            return SLUICE_REDIS_AWAY;
        }
    }

    cmd = ngx_alloc(sizeof(ngx_sluice_redis_command_t), ngx_cycle->log);
    if (cmd == NULL) {
        return SLUICE_INTERNAL;
    }

    *cmd = *wanted;

    if (ngx_sluice_redis_conn_send(&redis->conn, argc, argv,
                                   ngx_sluice_redis_reply, cmd)
        != NGX_OK) {
        ngx_free(cmd);
        return SLUICE_REDIS_AWAY;
    }

    redis->conn.c->idle = 0;

    if (redis->pending++ == 0) {
        ngx_add_timer(&redis->timer, redis->conf.timeout);
    }

    if (command) {
        *command = cmd;
    }

    return SLUICE_OK;
}


sluice_status_t
ngx_sluice_redis_command(ngx_sluice_redis_t *redis, ngx_uint_t argc,
                         const ngx_str_t *argv,
                         ngx_sluice_redis_handler_pt handler, void *data,
                         ngx_sluice_redis_command_t **command)
{
    ngx_sluice_redis_command_t wanted = { redis, handler, NULL, data };

    return ngx_sluice_redis_submit(redis, argc, argv, &wanted, command);
}


sluice_status_t
ngx_sluice_redis_command_list(ngx_sluice_redis_t *redis, ngx_uint_t argc,
                              const ngx_str_t *argv,
                              ngx_sluice_redis_list_pt handler, void *data,
                              ngx_sluice_redis_command_t **command)
{
    ngx_sluice_redis_command_t wanted = { redis, NULL, handler, data };

    return ngx_sluice_redis_submit(redis, argc, argv, &wanted, command);
}


void
ngx_sluice_redis_cancel(ngx_sluice_redis_command_t *command)
{
    command->handler = NULL;
    command->list = NULL;
}


void
ngx_sluice_redis_close(ngx_sluice_redis_t *redis)
{
    ngx_sluice_redis_unsubscribe(redis);
    ngx_sluice_redis_conn_close(&redis->conn, NULL);
}


static sluice_status_t
ngx_sluice_redis_status(redisReply *reply)
{
    if (reply == NULL) {
        return SLUICE_REDIS_AWAY;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "redis: %s", reply->str);
        return SLUICE_REDIS_AWAY;
    }

    return SLUICE_OK;
}


static void
ngx_sluice_redis_text(redisReply *reply, ngx_str_t *text)
{
    ngx_str_null(text);

    if (reply && reply->str) {
        text->data = (u_char *) reply->str;
        text->len = reply->len;
    }
}


static void
ngx_sluice_redis_list(ngx_sluice_redis_command_t *cmd, sluice_status_t status,
                      redisReply *reply)
{
    ngx_str_t *items;
    ngx_uint_t i, n;

    n = status == SLUICE_OK && reply->type == REDIS_REPLY_ARRAY
            ? reply->elements
            : 0;
    items = NULL;

    if (n) {
        items = ngx_alloc(n * sizeof(ngx_str_t), ngx_cycle->log);
        if (items == NULL) {
            cmd->list(cmd->data, SLUICE_INTERNAL, NULL, 0);
            return;
        }
    }

    for (i = 0; i < n; i++) {
        ngx_sluice_redis_text(reply->element[i], &items[i]);
    }

    cmd->list(cmd->data, status, items, n);

    if (items) {
        ngx_free(items);
    }
}


static void
ngx_sluice_redis_reply(redisAsyncContext *ac, void *data, void *privdata)
{
    ngx_str_t text;
    redisReply *reply = data;
    sluice_status_t status;
    ngx_sluice_redis_t *redis;
    ngx_sluice_redis_command_t *cmd = privdata;

    redis = cmd->redis;
    status = ngx_sluice_redis_status(reply);

    /* a context that was dropped still tells its commands so */

    if (redis->conn.ac == ac) {
        redis->pending--;

        if (redis->timer.timer_set) {
            ngx_del_timer(&redis->timer);
        }

        if (redis->pending) {
            ngx_add_timer(&redis->timer, redis->conf.timeout);

        } else {
            redis->conn.c->idle = 1;
        }
    }

    if (cmd->handler) {
        ngx_sluice_redis_text(status == SLUICE_OK ? reply : NULL, &text);
        cmd->handler(cmd->data, status, &text);

    } else if (cmd->list) {
        ngx_sluice_redis_list(cmd, status, reply);
    }

    ngx_free(cmd);
}


static void
ngx_sluice_redis_timeout(ngx_event_t *ev)
{
    ngx_sluice_redis_t *redis = ev->data;

    ngx_sluice_redis_conn_close(&redis->conn, "no answer in time");
}
