#include "ngx_sluice_redis.h"
#include "ngx_sluice_event.h"

#include <hiredis/hiredis.h>
#include <hiredis/async.h>


#define NGX_SLUICE_REDIS_RETRY 1000 /* ms after a lost connection */
#define NGX_SLUICE_REDIS_MAX_PENDING 4096


struct ngx_sluice_redis_s {
    ngx_sluice_redis_conf_t conf;

    /* this process's, filled while it serves */
    redisAsyncContext *ac; /* NULL: not connected */
    ngx_connection_t *c;
    ngx_uint_t pending; /* commands without a reply */
    ngx_event_t timer;  /* runs while something is pending */
    ngx_msec_t retry_at;
    unsigned away : 1;
};


struct ngx_sluice_redis_command_s {
    ngx_sluice_redis_t *redis;
    ngx_sluice_redis_handler_pt handler; /* NULL: nobody waits */
    void *data;
};


static ngx_int_t ngx_sluice_redis_connect(ngx_sluice_redis_t *redis);
static ngx_int_t ngx_sluice_redis_greet(ngx_sluice_redis_t *redis);
static sluice_status_t
ngx_sluice_redis_send(ngx_sluice_redis_t *redis, ngx_uint_t argc,
                      const ngx_str_t *argv,
                      ngx_sluice_redis_handler_pt handler, void *data,
                      ngx_sluice_redis_command_t **command);
static void ngx_sluice_redis_reply(redisAsyncContext *ac, void *data,
                                   void *privdata);
static void ngx_sluice_redis_connected(const redisAsyncContext *ac, int status);
static void ngx_sluice_redis_disconnected(const redisAsyncContext *ac,
                                          int status);
static void ngx_sluice_redis_lost(ngx_sluice_redis_t *redis, const char *error);
static void ngx_sluice_redis_forget(ngx_sluice_redis_t *redis);
static void ngx_sluice_redis_drop(ngx_sluice_redis_t *redis);
static void ngx_sluice_redis_timeout(ngx_event_t *ev);
static void ngx_sluice_redis_read_event(ngx_event_t *ev);
static void ngx_sluice_redis_write_event(ngx_event_t *ev);
static void ngx_sluice_redis_add_read(void *data);
static void ngx_sluice_redis_del_read(void *data);
static void ngx_sluice_redis_add_write(void *data);
static void ngx_sluice_redis_del_write(void *data);
static void ngx_sluice_redis_cleanup(void *data);


ngx_sluice_redis_t *
ngx_sluice_redis_create(ngx_pool_t *pool, ngx_sluice_redis_conf_t *conf)
{
    ngx_sluice_redis_t *redis;

    redis = ngx_pcalloc(pool, sizeof(ngx_sluice_redis_t));
    if (redis == NULL) {
        return NULL;
    }

    redis->conf = *conf;
    redis->timer.handler = ngx_sluice_redis_timeout;
    redis->timer.data = redis;

    return redis;
}


sluice_status_t
ngx_sluice_redis_command(ngx_sluice_redis_t *redis, ngx_uint_t argc,
                         const ngx_str_t *argv,
                         ngx_sluice_redis_handler_pt handler, void *data,
                         ngx_sluice_redis_command_t **command)
{
    if (redis->pending >= NGX_SLUICE_REDIS_MAX_PENDING) {
        return SLUICE_BUSY;
    }

    if (redis->ac == NULL && ngx_sluice_redis_connect(redis) != NGX_OK) {
        return SLUICE_REDIS_AWAY;
    }

    return ngx_sluice_redis_send(redis, argc, argv, handler, data, command);
}


void
ngx_sluice_redis_cancel(ngx_sluice_redis_command_t *command)
{
    command->handler = NULL;
}


void
ngx_sluice_redis_close(ngx_sluice_redis_t *redis)
{
    ngx_sluice_redis_drop(redis);
}


/* connecting */

static ngx_int_t
ngx_sluice_redis_connect(ngx_sluice_redis_t *redis)
{
    const char *host;
    redisAsyncContext *ac;

    if (redis->away
        && (ngx_msec_int_t) (redis->retry_at - ngx_current_msec) > 0) {
        return NGX_DECLINED;
    }

    host = (const char *) redis->conf.host.data;

    ac = redis->conf.port ? redisAsyncConnect(host, redis->conf.port)
                          : redisAsyncConnectUnix(host);

    if (ac == NULL || ac->err) {
        ngx_sluice_redis_lost(redis, ac ? ac->errstr : "out of memory");
        goto failed;
    }

    redis->c = ngx_sluice_event_attach(ac->c.fd, redis,
                                       ngx_sluice_redis_read_event,
                                       ngx_sluice_redis_write_event);
    if (redis->c == NULL) {
        goto failed;
    }

    redis->ac = ac;
    redis->timer.log = ngx_cycle->log;

    ac->data = redis;
    ac->ev.data = redis;
    ac->ev.addRead = ngx_sluice_redis_add_read;
    ac->ev.delRead = ngx_sluice_redis_del_read;
    ac->ev.addWrite = ngx_sluice_redis_add_write;
    ac->ev.delWrite = ngx_sluice_redis_del_write;
    ac->ev.cleanup = ngx_sluice_redis_cleanup;

    (void) redisAsyncSetConnectCallback(ac, ngx_sluice_redis_connected);
    (void) redisAsyncSetDisconnectCallback(ac, ngx_sluice_redis_disconnected);

    return ngx_sluice_redis_greet(redis);

failed:

    if (ac) {
        redisAsyncFree(ac);
    }

    return NGX_ERROR;
}


/* AUTH [user] password; SELECT db: pipelined in front of the first command */

static ngx_int_t
ngx_sluice_redis_greet(ngx_sluice_redis_t *redis)
{
    u_char number[NGX_INT_T_LEN];
    ngx_str_t argv[3];
    ngx_uint_t argc;
    sluice_status_t status;
    ngx_sluice_redis_conf_t *conf = &redis->conf;

    status = SLUICE_OK;

    if (conf->password.len) {
        argc = 0;
        ngx_str_set(&argv[argc++], "AUTH");

        if (conf->user.len) {
            argv[argc++] = conf->user;
        }

        argv[argc++] = conf->password;

        status = ngx_sluice_redis_send(redis, argc, argv, NULL, NULL, NULL);
    }

    if (conf->db && status == SLUICE_OK) {
        ngx_str_set(&argv[0], "SELECT");
        argv[1].data = number;
        argv[1].len = (size_t) (ngx_sprintf(number, "%ui", conf->db) - number);

        status = ngx_sluice_redis_send(redis, 2, argv, NULL, NULL, NULL);
    }

    return status == SLUICE_OK ? NGX_OK : NGX_ERROR;
}


/* commands and replies */

static sluice_status_t
ngx_sluice_redis_send(ngx_sluice_redis_t *redis, ngx_uint_t argc,
                      const ngx_str_t *argv,
                      ngx_sluice_redis_handler_pt handler, void *data,
                      ngx_sluice_redis_command_t **command)
{
    size_t sizes[NGX_SLUICE_REDIS_MAX_ARGS];
    ngx_uint_t i;
    const char *texts[NGX_SLUICE_REDIS_MAX_ARGS];
    ngx_sluice_redis_command_t *cmd;

    if (argc > NGX_SLUICE_REDIS_MAX_ARGS) {
        return SLUICE_INTERNAL;
    }

    for (i = 0; i < argc; i++) {
        texts[i] = (const char *) argv[i].data;
        sizes[i] = argv[i].len;
    }

    cmd = ngx_alloc(sizeof(ngx_sluice_redis_command_t), ngx_cycle->log);
    if (cmd == NULL) {
        return SLUICE_INTERNAL;
    }

    cmd->redis = redis;
    cmd->handler = handler;
    cmd->data = data;

    if (redisAsyncCommandArgv(redis->ac, ngx_sluice_redis_reply, cmd,
                              (int) argc, texts, sizes)
        != REDIS_OK) {
        ngx_free(cmd);
        return SLUICE_REDIS_AWAY;
    }

    redis->c->idle = 0;

    if (redis->pending++ == 0) {
        ngx_add_timer(&redis->timer, redis->conf.timeout);
    }

    if (command) {
        *command = cmd;
    }

    return SLUICE_OK;
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
    status = SLUICE_OK;
    ngx_str_null(&text);

    if (reply == NULL) {
        status = SLUICE_REDIS_AWAY;

    } else if (reply->type == REDIS_REPLY_ERROR) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "redis: %s", reply->str);
        status = SLUICE_REDIS_AWAY;

    } else if (reply->str) {
        text.data = (u_char *) reply->str;
        text.len = reply->len;
    }

    /* a context that was dropped still tells its commands so */

    if (redis->ac == ac) {
        redis->pending--;

        if (redis->timer.timer_set) {
            ngx_del_timer(&redis->timer);
        }

        if (redis->pending) {
            ngx_add_timer(&redis->timer, redis->conf.timeout);

        } else {
            redis->c->idle = 1;
        }
    }

    if (cmd->handler) {
        cmd->handler(cmd->data, status, &text);
    }

    ngx_free(cmd);
}


/* the connection's life */

static void
ngx_sluice_redis_connected(const redisAsyncContext *ac, int status)
{
    ngx_sluice_redis_t *redis = ac->data;

    if (status == REDIS_OK) {
        redis->away = 0;
        return;
    }

    ngx_sluice_redis_lost(redis, ac->errstr);
}


static void
ngx_sluice_redis_disconnected(const redisAsyncContext *ac, int status)
{
    ngx_sluice_redis_t *redis = ac->data;

    if (redis->ac == ac) {
        ngx_sluice_redis_lost(redis,
                              status == REDIS_OK ? "closed" : ac->errstr);
    }
}


/* From here on hiredis frees the context; we only forget it. */

static void
ngx_sluice_redis_lost(ngx_sluice_redis_t *redis, const char *error)
{
    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "redis connection lost: %s",
                  error);

    ngx_sluice_redis_forget(redis);
}


/* Callbacks that hiredis still makes must not find it, nor open another. */

static void
ngx_sluice_redis_forget(ngx_sluice_redis_t *redis)
{
    redis->ac = NULL;
    redis->pending = 0;
    redis->away = 1;
    redis->retry_at = ngx_current_msec + NGX_SLUICE_REDIS_RETRY;

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }
}


static void
ngx_sluice_redis_drop(ngx_sluice_redis_t *redis)
{
    redisAsyncContext *ac = redis->ac;

    if (ac == NULL) {
        return;
    }

    ngx_sluice_redis_forget(redis);
    redisAsyncFree(ac);
}


static void
ngx_sluice_redis_timeout(ngx_event_t *ev)
{
    ngx_sluice_redis_t *redis = ev->data;
    redisAsyncContext *ac = redis->ac;

    ngx_sluice_redis_lost(redis, "no answer in time");
    redisAsyncFree(ac);
}


/* hiredis's adapter; nothing touches the context after redisAsyncHandle…() */

static void
ngx_sluice_redis_read_event(ngx_event_t *ev)
{
    ngx_connection_t *c = ev->data;
    ngx_sluice_redis_t *redis = c->data;

    if (c->close) {
        ngx_sluice_redis_drop(redis);
        return;
    }

    redisAsyncHandleRead(redis->ac);
}


static void
ngx_sluice_redis_write_event(ngx_event_t *ev)
{
    ngx_connection_t *c = ev->data;
    ngx_sluice_redis_t *redis = c->data;

    redisAsyncHandleWrite(redis->ac);
}


static void
ngx_sluice_redis_add_read(void *data)
{
    ngx_sluice_redis_t *redis = data;

    (void) ngx_sluice_event_want(redis->c, 1, redis->c->write->active);
}


static void
ngx_sluice_redis_del_read(void *data)
{
    ngx_sluice_redis_t *redis = data;

    (void) ngx_sluice_event_want(redis->c, 0, redis->c->write->active);
}


static void
ngx_sluice_redis_add_write(void *data)
{
    ngx_sluice_redis_t *redis = data;

    (void) ngx_sluice_event_want(redis->c, redis->c->read->active, 1);
}


static void
ngx_sluice_redis_del_write(void *data)
{
    ngx_sluice_redis_t *redis = data;

    (void) ngx_sluice_event_want(redis->c, redis->c->read->active, 0);
}


static void
ngx_sluice_redis_cleanup(void *data)
{
    ngx_sluice_redis_t *redis = data;

    ngx_sluice_event_detach(redis->c, 1);
    redis->c = NULL;
}
