#include "ngx_sluice_redis_internal.h"

#include "core/base/redis_role.h"


/* ms that replicas have to say that they have what was written */
#define NGX_SLUICE_REDIS_KEEP "100"


static void ngx_sluice_redis_reply(redisAsyncContext *ac, void *data,
                                   void *privdata);
static void ngx_sluice_redis_kept(redisAsyncContext *ac, void *data,
                                  void *privdata);
static void ngx_sluice_redis_tell(ngx_sluice_redis_command_t *cmd,
                                  sluice_status_t status, redisReply *reply);


void
ngx_sluice_redis_cancel(ngx_sluice_redis_command_t *command)
{
    command->handler = NULL;
    command->list = NULL;
}


/* commands that wait for a connection */

void
ngx_sluice_redis_hold(ngx_sluice_redis_t *redis,
                      ngx_sluice_redis_command_t *cmd)
{
    if (redis->held == NULL) {
        redis->held_last = &redis->held;
    }

    *redis->held_last = cmd;
    redis->held_last = &cmd->next;
}


void
ngx_sluice_redis_drop(ngx_sluice_redis_t *redis)
{
    ngx_sluice_redis_command_t *cmd, *next;

    cmd = redis->held;
    redis->held = NULL;

    for (/* void */; cmd; cmd = next) {
        next = cmd->next;
        redisFreeCommand(cmd->text);
        ngx_sluice_redis_tell(cmd, SLUICE_REDIS_AWAY, NULL);
        ngx_free(cmd);
    }
}


/* WAIT <replicas> <ms>, behind the group of commands that it asks about; those
   that come before its answer are the next group. */

ngx_int_t
ngx_sluice_redis_keep(ngx_sluice_redis_t *redis,
                      ngx_sluice_redis_command_t *group)
{
    u_char replicas[NGX_INT_T_LEN];

    ngx_str_t argv[] = { ngx_string("WAIT"),
                         { 0, replicas },
                         ngx_string(NGX_SLUICE_REDIS_KEEP) };

    argv[1].len = (size_t) (ngx_sprintf(
                                replicas, "%ui",
                                (ngx_uint_t) redis->conf.address->min_replicas)
                            - replicas);

    if (ngx_sluice_redis_conn_send(&redis->primary.conn, 3, argv,
                                   ngx_sluice_redis_kept, group)
        != NGX_OK) {
        return NGX_ERROR;
    }

    redis->pending++;
    redis->keeps = 1;

    return NGX_OK;
}


ngx_int_t
ngx_sluice_redis_send(ngx_sluice_redis_t *redis,
                      ngx_sluice_redis_command_t *cmd)
{
    int rc;

    rc = redisAsyncFormattedCommand(redis->primary.conn.ac,
                                    ngx_sluice_redis_reply, cmd, cmd->text,
                                    (size_t) cmd->len);
    redisFreeCommand(cmd->text);

    if (rc != REDIS_OK) {
        ngx_free(cmd);
        return NGX_ERROR;
    }

    redis->primary.conn.c->idle = 0;

    if (redis->pending++ == 0) {
        ngx_add_timer(&redis->timer, redis->conf.timeout);
    }

    return NGX_OK;
}


/* Nobody can say whether it will be kept: its reply is let in and dropped. */

static void
ngx_sluice_redis_disown(ngx_sluice_redis_command_t *group)
{
    ngx_sluice_redis_command_t *cmd;

    for (cmd = group; cmd; cmd = cmd->next) {
        ngx_sluice_redis_tell(cmd, SLUICE_REDIS_AWAY, NULL);
        ngx_sluice_redis_cancel(cmd);
        cmd->kept = 0;
    }
}


void
ngx_sluice_redis_flush(ngx_sluice_redis_t *redis)
{
    ngx_sluice_redis_command_t *cmd, *next, *group, **last, copy;

    group = NULL;
    last = &group;

    cmd = redis->held;
    redis->held = NULL;

    for (/* void */; cmd; cmd = next) {
        next = cmd->next;
        cmd->next = NULL;
        copy = *cmd;
        redis->pending--;

        if (ngx_sluice_redis_send(redis, cmd) != NGX_OK) {
            ngx_sluice_redis_tell(&copy, SLUICE_REDIS_AWAY, NULL);

        } else if (cmd->kept) {
            *last = cmd;
            last = &cmd->next;
        }
    }

    if (group && ngx_sluice_redis_keep(redis, group) != NGX_OK) {
        ngx_sluice_redis_disown(group);
    }
}


/* replies */

/* ["slave", …]; who may not ask is not told. */

static ngx_uint_t
ngx_sluice_redis_role_moved(const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        return !redis_role_untold(reply->str);
    }

    return reply->type != REDIS_REPLY_ARRAY || reply->elements == 0
           || reply->element[0]->type != REDIS_REPLY_STRING
           || !redis_role_primary(reply->element[0]->str);
}


/* Another takes writes now. */

static ngx_uint_t
ngx_sluice_redis_moved(const ngx_sluice_redis_command_t *cmd,
                       const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        return redis_role_moved(reply->str) != 0;
    }

    return cmd->role && ngx_sluice_redis_role_moved(reply);
}


static sluice_status_t
ngx_sluice_redis_status(const ngx_sluice_redis_command_t *cmd,
                        redisReply *reply)
{
    if (reply == NULL) {
        return SLUICE_REDIS_AWAY;
    }

    if (cmd->role) {
        return ngx_sluice_redis_role_moved(reply) ? SLUICE_REDIS_AWAY
                                                  : SLUICE_OK;
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


/* Until the replicas have said whether they have it. */

static void
ngx_sluice_redis_remember(ngx_sluice_redis_command_t *cmd,
                          sluice_status_t status, redisReply *reply)
{
    ngx_str_t text;

    ngx_sluice_redis_text(status == SLUICE_OK ? reply : NULL, &text);

    cmd->done = (status == SLUICE_OK && text.len <= sizeof(cmd->reply));

    if (cmd->done) {
        cmd->reply_len = text.len;
        ngx_memcpy(cmd->reply, text.data, text.len);
    }
}


static void
ngx_sluice_redis_tell(ngx_sluice_redis_command_t *cmd, sluice_status_t status,
                      redisReply *reply)
{
    ngx_str_t text;

    if (cmd->handler) {
        ngx_sluice_redis_text(status == SLUICE_OK ? reply : NULL, &text);
        cmd->handler(cmd->data, status, &text);

    } else if (cmd->list) {
        ngx_sluice_redis_list(cmd, status, reply);
    }
}


/* A context that was dropped still tells its commands so. */

static void
ngx_sluice_redis_answered(ngx_sluice_redis_t *redis, redisAsyncContext *ac)
{
    if (redis->primary.conn.ac != ac) {
        return;
    }

    redis->pending--;

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    if (redis->pending) {
        ngx_add_timer(&redis->timer, redis->conf.timeout);

    } else {
        redis->primary.conn.c->idle = 1;
    }
}


/* The next command asks for who takes writes now; but where that is the same
   again, as at an address of which nobody tells the role, not at once. */

static void
ngx_sluice_redis_leave(ngx_sluice_redis_t *redis, redisAsyncContext *ac)
{
    if (redis->primary.conn.ac == ac) {
        redis->moved = ngx_current_msec - redis->moved_at
                       >= NGX_SLUICE_REDIS_RETRY;
        redis->moved_at = ngx_current_msec;
        ngx_sluice_redis_primary_close(&redis->primary,
                                       NGX_SLUICE_REDIS_REPLICA);
    }
}


static void
ngx_sluice_redis_reply(redisAsyncContext *ac, void *data, void *privdata)
{
    ngx_uint_t moved;
    redisReply *reply = data;
    sluice_status_t status;
    ngx_sluice_redis_t *redis;
    ngx_sluice_redis_command_t *cmd = privdata;

    redis = cmd->redis;
    status = ngx_sluice_redis_status(cmd, reply);
    moved = reply && ngx_sluice_redis_moved(cmd, reply);

    if (moved && redis->primary.conn.ac == ac) {
        redis->primary.replica = 1;
    }

    ngx_sluice_redis_answered(redis, ac);

    if (cmd->kept) {
        ngx_sluice_redis_remember(cmd, status, reply);

    } else {
        ngx_sluice_redis_tell(cmd, status, reply);
        ngx_free(cmd);
    }

    if (moved) {
        ngx_sluice_redis_leave(redis, ac);
    }
}


/* What WAIT answers: how many replicas have what came before it. */

static sluice_status_t
ngx_sluice_redis_enough(ngx_sluice_redis_t *redis, const redisReply *reply)
{
    if (reply == NULL || reply->type != REDIS_REPLY_INTEGER) {
        return SLUICE_REDIS_AWAY;
    }

    if (reply->integer >= (long long) redis->conf.address->min_replicas) {
        return SLUICE_OK;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "redis: %L of %ui replicas have what was counted",
                  (int64_t) reply->integer,
                  (ngx_uint_t) redis->conf.address->min_replicas);

    return SLUICE_REDIS_AWAY;
}


static void
ngx_sluice_redis_kept(redisAsyncContext *ac, void *data, void *privdata)
{
    ngx_str_t text;
    redisReply *reply = data;
    sluice_status_t status;
    ngx_sluice_redis_t *redis;
    ngx_sluice_redis_command_t *cmd = privdata, *next;

    redis = cmd->redis;
    status = ngx_sluice_redis_enough(redis, reply);

    ngx_sluice_redis_answered(redis, ac);

    if (redis->primary.conn.ac == ac) {
        redis->keeps = 0;
        ngx_sluice_redis_flush(redis);
    }

    for (/* void */; cmd; cmd = next) {
        next = cmd->next;

        text.data = cmd->reply;
        text.len = reply ? cmd->reply_len : 0;

        cmd->handler(cmd->data, cmd->done ? status : SLUICE_REDIS_AWAY, &text);
        ngx_free(cmd);
    }
}
