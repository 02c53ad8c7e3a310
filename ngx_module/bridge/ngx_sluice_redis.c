#include "ngx_sluice_redis_internal.h"


#define NGX_SLUICE_REDIS_AGAIN 100 /* ms after a connection that stood */
#define NGX_SLUICE_REDIS_MAX_PENDING 4096


static void ngx_sluice_redis_timeout(ngx_event_t *ev);


/* the connection's life */

static void
ngx_sluice_redis_found(ngx_sluice_redis_primary_t *primary)
{
    ngx_sluice_redis_t *redis = primary->data;

    redis->away = 0;
    redis->epoch++;

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    ngx_sluice_redis_flush(redis);

    if (primary->stands && redis->pending == 0) {
        primary->conn.c->idle = 1;
    }
}


/* Callbacks that are still to come do not open another connection, unless there
   is another Redis to go to. */

static void
ngx_sluice_redis_lost(ngx_sluice_redis_primary_t *primary, const char *error)
{
    ngx_sluice_redis_t *redis = primary->data;

    if (error) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "redis connection lost: %s", error);
    }

    redis->pending = 0;
    redis->retry_at = ngx_current_msec
                      + (redis->moved  ? 0
                         : redis->away ? NGX_SLUICE_REDIS_RETRY
                                       : NGX_SLUICE_REDIS_AGAIN);
    redis->moved = 0;
    redis->keeps = 0;
    redis->away = 1;

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    ngx_sluice_redis_drop(redis);
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
    ngx_sluice_redis_primary_init(&redis->primary, &redis->conf);
    redis->primary.data = redis;
    redis->primary.found = ngx_sluice_redis_found;
    redis->primary.lost = ngx_sluice_redis_lost;
    redis->timer.handler = ngx_sluice_redis_timeout;
    redis->timer.data = redis;

    return redis;
}


/* commands and replies */

static sluice_status_t
ngx_sluice_redis_open(ngx_sluice_redis_t *redis)
{
    if (redis->primary.stands || redis->primary.seeks) {
        return SLUICE_OK;
    }

    if (redis->away
        && (ngx_msec_int_t) (redis->retry_at - ngx_current_msec) > 0) {
        return SLUICE_REDIS_AWAY;
    }

    return ngx_sluice_redis_primary_open(&redis->primary) == NGX_OK
               ? SLUICE_OK
               : SLUICE_REDIS_AWAY;
}


static ngx_sluice_redis_command_t *
ngx_sluice_redis_make(ngx_uint_t argc, const ngx_str_t *argv,
                      const ngx_sluice_redis_command_t *wanted)
{
    size_t sizes[NGX_SLUICE_REDIS_MAX_ARGS];
    ngx_uint_t i;
    const char *texts[NGX_SLUICE_REDIS_MAX_ARGS];
    ngx_sluice_redis_command_t *cmd;

    for (i = 0; i < argc; i++) {
        texts[i] = (const char *) argv[i].data;
        sizes[i] = argv[i].len;
    }

    cmd = ngx_alloc(sizeof(ngx_sluice_redis_command_t), ngx_cycle->log);
    if (cmd == NULL) {
        return NULL;
    }

    *cmd = *wanted;
    cmd->len = redisFormatCommandArgv(&cmd->text, (int) argc, texts, sizes);

    if (cmd->len < 0) {
        ngx_free(cmd);
        return NULL;
    }

    return cmd;
}


static sluice_status_t
ngx_sluice_redis_submit(ngx_sluice_redis_t *redis, ngx_uint_t argc,
                        const ngx_str_t *argv,
                        const ngx_sluice_redis_command_t *wanted,
                        ngx_sluice_redis_command_t **command)
{
    sluice_status_t status;
    ngx_sluice_redis_command_t *cmd;

    if (argc > NGX_SLUICE_REDIS_MAX_ARGS) {
        return SLUICE_INTERNAL;
    }

    if (redis->pending >= NGX_SLUICE_REDIS_MAX_PENDING) {
        return SLUICE_BUSY;
    }

    redis->timer.log = ngx_cycle->log;

    status = ngx_sluice_redis_open(redis);
    if (status != SLUICE_OK) {
        return status;
    }

    cmd = ngx_sluice_redis_make(argc, argv, wanted);
    if (cmd == NULL) {
        return SLUICE_INTERNAL;
    }

    if (!redis->primary.stands || (cmd->kept && redis->keeps)) {
        ngx_sluice_redis_hold(redis, cmd);

        if (redis->pending++ == 0) {
            ngx_add_timer(&redis->timer, redis->conf.timeout);
        }

    } else if (ngx_sluice_redis_send(redis, cmd) != NGX_OK) {
        return SLUICE_REDIS_AWAY;

    } else if (cmd->kept && ngx_sluice_redis_keep(redis, cmd) != NGX_OK) {
        ngx_sluice_redis_cancel(cmd);
        cmd->kept = 0;
        return SLUICE_REDIS_AWAY;
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
    ngx_sluice_redis_command_t wanted = { .redis = redis,
                                          .handler = handler,
                                          .data = data };

    return ngx_sluice_redis_submit(redis, argc, argv, &wanted, command);
}


sluice_status_t
ngx_sluice_redis_command_list(ngx_sluice_redis_t *redis, ngx_uint_t argc,
                              const ngx_str_t *argv,
                              ngx_sluice_redis_list_pt handler, void *data,
                              ngx_sluice_redis_command_t **command)
{
    ngx_sluice_redis_command_t wanted = { .redis = redis,
                                          .list = handler,
                                          .data = data };

    return ngx_sluice_redis_submit(redis, argc, argv, &wanted, command);
}


sluice_status_t
ngx_sluice_redis_command_kept(ngx_sluice_redis_t *redis, ngx_uint_t argc,
                              const ngx_str_t *argv,
                              ngx_sluice_redis_handler_pt handler, void *data)
{
    ngx_sluice_redis_command_t wanted = {
        .redis = redis, .handler = handler, .data = data, .kept = 1
    };

    return ngx_sluice_redis_submit(redis, argc, argv, &wanted, NULL);
}


sluice_status_t
ngx_sluice_redis_role(ngx_sluice_redis_t *redis,
                      ngx_sluice_redis_handler_pt handler, void *data,
                      ngx_sluice_redis_command_t **command)
{
    ngx_str_t role = ngx_string("ROLE");
    ngx_sluice_redis_command_t wanted = {
        .redis = redis, .handler = handler, .data = data, .role = 1
    };

    return ngx_sluice_redis_submit(redis, 1, &role, &wanted, command);
}


ngx_uint_t
ngx_sluice_redis_replica(const ngx_sluice_redis_t *redis)
{
    return redis->primary.replica;
}


ngx_uint_t
ngx_sluice_redis_epoch(const ngx_sluice_redis_t *redis)
{
    return redis->epoch;
}


void
ngx_sluice_redis_close(ngx_sluice_redis_t *redis)
{
    ngx_sluice_redis_unsubscribe(redis);
    ngx_sluice_redis_primary_close(&redis->primary, NULL);
}


/* Who only waits for a connection waits no longer; the search goes on. */

static void
ngx_sluice_redis_timeout(ngx_event_t *ev)
{
    ngx_sluice_redis_t *redis = ev->data;

    if (redis->primary.stands) {
        ngx_sluice_redis_primary_close(&redis->primary, "no answer in time");
        return;
    }

    redis->pending = 0;
    ngx_sluice_redis_drop(redis);
}
