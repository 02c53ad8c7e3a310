#include "ngx_sluice_redis_internal.h"

#include "core/base/redis_role.h"


#define NGX_SLUICE_REDIS_AGAIN 100  /* ms after a connection that stood */
#define NGX_SLUICE_REDIS_RETRY 1000 /* ms after one that did not come about */
#define NGX_SLUICE_REDIS_MAX_PENDING 4096

/* ms that replicas have to say that they have what was written */
#define NGX_SLUICE_REDIS_KEEP "100"
#define NGX_SLUICE_REDIS_KEPT_SIZE 64 /* of a reply that is looked at then */


struct ngx_sluice_redis_command_s {
    ngx_sluice_redis_command_t *next; /* held */
    ngx_sluice_redis_t *redis;
    ngx_sluice_redis_handler_pt handler; /* NULL: nobody waits */
    ngx_sluice_redis_list_pt list;       /* NULL: the reply is one text */
    void *data;
    unsigned role : 1; /* a replica's answer is none */
    unsigned kept : 1; /* WAIT comes behind it */
    unsigned done : 1; /* what it replied is below */
    char *text;        /* as it is sent, while it is held */
    int len;
    size_t reply_len;
    u_char reply[NGX_SLUICE_REDIS_KEPT_SIZE];
};


static void ngx_sluice_redis_reply(redisAsyncContext *ac, void *data,
                                   void *privdata);
static void ngx_sluice_redis_kept(redisAsyncContext *ac, void *data,
                                  void *privdata);
static void ngx_sluice_redis_tell(ngx_sluice_redis_command_t *cmd,
                                  sluice_status_t status, redisReply *reply);
static void ngx_sluice_redis_timeout(ngx_event_t *ev);


/* commands that wait for a connection */

static void
ngx_sluice_redis_hold(ngx_sluice_redis_t *redis,
                      ngx_sluice_redis_command_t *cmd)
{
    if (redis->held == NULL) {
        redis->held_last = &redis->held;
    }

    *redis->held_last = cmd;
    redis->held_last = &cmd->next;
}


/* Nobody has got them. */

static void
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

static ngx_int_t
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


/* Sends it and frees its text. NGX_ERROR: the command is no more. */

static ngx_int_t
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


/* Sends what was held, from a callback. */

static void
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
ngx_sluice_redis_cancel(ngx_sluice_redis_command_t *command)
{
    command->handler = NULL;
    command->list = NULL;
}


void
ngx_sluice_redis_close(ngx_sluice_redis_t *redis)
{
    ngx_sluice_redis_unsubscribe(redis);
    ngx_sluice_redis_primary_close(&redis->primary, NULL);
}


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
