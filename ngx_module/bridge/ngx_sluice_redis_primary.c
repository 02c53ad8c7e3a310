#include "ngx_sluice_redis_internal.h"

#include "core/base/ip.h"
#include "core/base/redis_role.h"


#define NGX_SLUICE_REDIS_PRIMARY_ASK 1000 /* ms for a Sentinel */


static void
ngx_sluice_redis_primary_sentinel(ngx_sluice_redis_primary_t *primary);


/* the end of an attempt */

static void
ngx_sluice_redis_primary_settle(ngx_sluice_redis_primary_t *primary)
{
    primary->seeks = 0;

    if (primary->name) {
        ngx_sluice_name_cancel(primary->name);
        primary->name = NULL;
    }

    if (primary->timer.timer_set) {
        ngx_del_timer(&primary->timer);
    }
}


/* The next attempt tries another Sentinel and another address: the first may
   name who has gone. */

static void
ngx_sluice_redis_primary_fail(ngx_sluice_redis_primary_t *primary,
                              const char *error)
{
    ngx_sluice_redis_primary_settle(primary);

    if (!primary->stands) {
        primary->first++;
        primary->turn++;
    }

    primary->stands = 0;
    primary->replica = error
                       && ngx_strcmp(error, NGX_SLUICE_REDIS_REPLICA) == 0;
    primary->lost(primary, error);
}


static void
ngx_sluice_redis_primary_lost(ngx_sluice_redis_conn_t *conn, const char *error)
{
    ngx_sluice_redis_primary_fail(conn->data, error);
}


/* ROLE: ["master", offset, replicas] or ["slave", …] */

static void
ngx_sluice_redis_primary_role(redisAsyncContext *ac, void *data, void *privdata)
{
    redisReply *reply = data;
    ngx_sluice_redis_primary_t *primary;

    if (reply == NULL || ac->data == NULL) {
        return;
    }

    primary = privdata;

    if (reply->type == REDIS_REPLY_ERROR && !redis_role_untold(reply->str)) {
        ngx_sluice_redis_conn_close(&primary->conn,
                                    redis_role_moved(reply->str)
                                        ? NGX_SLUICE_REDIS_REPLICA
                                        : reply->str);
        return;
    }

    if (reply->type == REDIS_REPLY_ARRAY
        && (reply->elements == 0
            || reply->element[0]->type != REDIS_REPLY_STRING
            || !redis_role_primary(reply->element[0]->str))) {
        ngx_sluice_redis_conn_close(&primary->conn, NGX_SLUICE_REDIS_REPLICA);
        return;
    }

    if (reply->type == REDIS_REPLY_ERROR && !primary->untold) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "redis: whether it is a replica shows with the first "
                      "write, since ROLE is refused: %s",
                      reply->str);
        primary->untold = 1;
    }

    ngx_sluice_redis_primary_settle(primary);
    primary->stands = 1;
    primary->replica = 0;
    primary->found(primary);
}


static void
ngx_sluice_redis_primary_dial(ngx_sluice_redis_primary_t *primary,
                              const char *host)
{
    ngx_str_t role = ngx_string("ROLE");
    ngx_sluice_redis_peer_t peer;
    const redis_address_t *address = primary->conf->address;

    peer.host = host;
    peer.port = address->sentinel_count ? primary->port
                                        : (in_port_t) address->port;
    peer.user = address->user;
    peer.password = primary->conf->password;
    peer.db = address->db;

    if (ngx_sluice_redis_conn_open(&primary->conn, &peer) != NGX_OK) {
        return;
    }

    if (ngx_sluice_redis_conn_send(&primary->conn, 1, &role,
                                   ngx_sluice_redis_primary_role, primary)
        != NGX_OK) {
        ngx_sluice_redis_conn_close(&primary->conn, "nothing can be sent");
    }
}


static void
ngx_sluice_redis_primary_named(void *data,
                               char addresses[][NGX_SLUICE_NAME_SIZE],
                               ngx_uint_t n, const char *why)
{
    ngx_sluice_redis_primary_t *primary = data;

    primary->name = NULL;

    if (n) {
        ngx_sluice_redis_primary_dial(primary, addresses[primary->turn % n]);
    } else {
        ngx_sluice_redis_primary_fail(primary, why);
    }
}


/* `host` is known, but may be a name. */

static void
ngx_sluice_redis_primary_connect(ngx_sluice_redis_primary_t *primary,
                                 const char *host, ngx_uint_t path)
{
    if (primary->timer.timer_set) {
        ngx_del_timer(&primary->timer);
    }

    ngx_add_timer(&primary->timer, primary->conf->timeout);

    if (path || ip_is_address(host)) {
        ngx_sluice_redis_primary_dial(primary, host);
        return;
    }

    primary->name = ngx_sluice_name_look_up(
        NGX_SLUICE_NAME_REDIS, host, ngx_sluice_redis_primary_named, primary);
    if (primary->name == NULL) {
        ngx_sluice_redis_primary_fail(primary, "no name can be looked up");
    }
}


/* asking Sentinels */

static const redis_sentinel_t *
ngx_sluice_redis_primary_asks(ngx_sluice_redis_primary_t *primary)
{
    const redis_address_t *address = primary->conf->address;

    return &address->sentinels[(primary->first + primary->asked - 1)
                               % address->sentinel_count];
}


static void
ngx_sluice_redis_primary_unanswered(ngx_sluice_redis_primary_t *primary,
                                    const char *error)
{
    const redis_sentinel_t *sentinel;

    sentinel = ngx_sluice_redis_primary_asks(primary);

    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "redis: Sentinel %s:%ui does not tell the primary: %s",
                  sentinel->host, (ngx_uint_t) sentinel->port, error);

    ngx_sluice_redis_primary_sentinel(primary);
}


static void
ngx_sluice_redis_primary_sentinel_lost(ngx_sluice_redis_conn_t *conn,
                                       const char *error)
{
    if (error) {
        ngx_sluice_redis_primary_unanswered(conn->data, error);
    }
}


/* [host, port]; nil: it knows no primary of that name */

static ngx_int_t
ngx_sluice_redis_primary_told(ngx_sluice_redis_primary_t *primary,
                              redisReply *reply)
{
    ngx_int_t port;
    redisReply *host;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || reply->element[1]->type != REDIS_REPLY_STRING) {
        return NGX_ERROR;
    }

    host = reply->element[0];
    port = ngx_atoi((u_char *) reply->element[1]->str, reply->element[1]->len);

    if (host->len == 0 || host->len >= sizeof(primary->host) || port < 1
        || port > 65535) {
        return NGX_ERROR;
    }

    ngx_memcpy(primary->host, host->str, host->len + 1);
    primary->port = (in_port_t) port;

    return NGX_OK;
}


static void
ngx_sluice_redis_primary_answer(redisAsyncContext *ac, void *data,
                                void *privdata)
{
    redisReply *reply = data;
    ngx_sluice_redis_primary_t *primary;

    if (reply == NULL || ac->data == NULL) {
        return;
    }

    primary = privdata;

    if (ngx_sluice_redis_primary_told(primary, reply) != NGX_OK) {
        ngx_sluice_redis_conn_close(&primary->sentinel,
                                    reply->type == REDIS_REPLY_ERROR
                                        ? reply->str
                                        : "it knows none of that name");
        return;
    }

    /* who answered is asked first the next time */
    primary->first += primary->asked - 1;

    ngx_sluice_redis_conn_close(&primary->sentinel, NULL);
    ngx_sluice_redis_primary_connect(primary, primary->host, 0);
}


/* SENTINEL get-master-addr-by-name <primary> */

static void
ngx_sluice_redis_primary_ask(ngx_sluice_redis_primary_t *primary,
                             const char *host)
{
    ngx_str_t argv[3];
    ngx_sluice_redis_peer_t peer;
    const redis_address_t *address = primary->conf->address;

    ngx_memzero(&peer, sizeof(ngx_sluice_redis_peer_t));
    peer.host = host;
    peer.port = (in_port_t) ngx_sluice_redis_primary_asks(primary)->port;
    peer.user = address->sentinel_user;
    peer.password = primary->conf->sentinel_password;

    if (ngx_sluice_redis_conn_open(&primary->sentinel, &peer) != NGX_OK) {
        return;
    }

    ngx_str_set(&argv[0], "SENTINEL");
    ngx_str_set(&argv[1], "get-master-addr-by-name");
    argv[2].data = (u_char *) address->primary;
    argv[2].len = ngx_strlen(address->primary);

    if (ngx_sluice_redis_conn_send(&primary->sentinel, 3, argv,
                                   ngx_sluice_redis_primary_answer, primary)
        != NGX_OK) {
        ngx_sluice_redis_conn_close(&primary->sentinel, "nothing can be sent");
    }
}


static void
ngx_sluice_redis_primary_sentinel_named(void *data,
                                        char addresses[][NGX_SLUICE_NAME_SIZE],
                                        ngx_uint_t n, const char *why)
{
    ngx_sluice_redis_primary_t *primary = data;

    primary->name = NULL;

    if (n) {
        ngx_sluice_redis_primary_ask(primary, addresses[primary->turn % n]);
    } else {
        ngx_sluice_redis_primary_unanswered(primary, why);
    }
}


static void
ngx_sluice_redis_primary_sentinel(ngx_sluice_redis_primary_t *primary)
{
    const char *host;

    if (primary->asked == primary->conf->address->sentinel_count) {
        ngx_sluice_redis_primary_fail(primary, "no Sentinel tells the primary");
        return;
    }

    primary->asked++;
    host = ngx_sluice_redis_primary_asks(primary)->host;

    if (primary->timer.timer_set) {
        ngx_del_timer(&primary->timer);
    }

    ngx_add_timer(&primary->timer, NGX_SLUICE_REDIS_PRIMARY_ASK);

    if (ip_is_address(host)) {
        ngx_sluice_redis_primary_ask(primary, host);
        return;
    }

    primary->name = ngx_sluice_name_look_up(
        NGX_SLUICE_NAME_REDIS, host, ngx_sluice_redis_primary_sentinel_named,
        primary);
    if (primary->name == NULL) {
        ngx_sluice_redis_primary_unanswered(primary,
                                            "no name can be looked up");
    }
}


/* A step takes too long: the next Sentinel, or the end. */

static void
ngx_sluice_redis_primary_late(ngx_event_t *ev)
{
    ngx_sluice_redis_primary_t *primary = ev->data;

    static const char *error = "no answer in time";

    if (primary->sentinel.ac) {
        ngx_sluice_redis_conn_close(&primary->sentinel, error);

    } else if (primary->conn.ac) {
        ngx_sluice_redis_conn_close(&primary->conn, error);

    } else {
        ngx_sluice_redis_primary_fail(primary, "no name server answers");
    }
}


void
ngx_sluice_redis_primary_init(ngx_sluice_redis_primary_t *primary,
                              const ngx_sluice_redis_conf_t *conf)
{
    primary->conf = conf;
    primary->conn.data = primary;
    primary->conn.lost = ngx_sluice_redis_primary_lost;
    primary->sentinel.data = primary;
    primary->sentinel.lost = ngx_sluice_redis_primary_sentinel_lost;
    primary->timer.handler = ngx_sluice_redis_primary_late;
    primary->timer.data = primary;
    primary->timer.cancelable = 1;
}


ngx_int_t
ngx_sluice_redis_primary_open(ngx_sluice_redis_primary_t *primary)
{
    const redis_address_t *address = primary->conf->address;

    primary->timer.log = ngx_cycle->log;
    primary->asked = 0;
    primary->seeks = 1;

    if (address->sentinel_count) {
        ngx_sluice_redis_primary_sentinel(primary);
    } else {
        ngx_sluice_redis_primary_connect(primary, address->host,
                                         address->port == 0);
    }

    return primary->seeks ? NGX_OK : NGX_ERROR;
}


void
ngx_sluice_redis_primary_close(ngx_sluice_redis_primary_t *primary,
                               const char *error)
{
    if (!primary->seeks && !primary->stands) {
        return;
    }

    ngx_sluice_redis_conn_close(&primary->sentinel, NULL);

    if (primary->conn.ac) {
        ngx_sluice_redis_conn_close(&primary->conn, error);
    } else {
        ngx_sluice_redis_primary_fail(primary, error);
    }
}
