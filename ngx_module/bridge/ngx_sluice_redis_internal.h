/* What the files of the Redis bridge share: ngx_sluice_redis.c holds the
   commands, ngx_sluice_redis_subscription.c what is listened to, and
   ngx_sluice_redis_conn.c a connection's life. */

#ifndef NGX_SLUICE_REDIS_INTERNAL_H
#define NGX_SLUICE_REDIS_INTERNAL_H

#include "ngx_sluice_redis.h"
#include "ngx_sluice_event.h"

#include <hiredis/hiredis.h>
#include <hiredis/async.h>


typedef struct ngx_sluice_redis_conn_s ngx_sluice_redis_conn_t;

struct ngx_sluice_redis_conn_s {
    redisAsyncContext *ac; /* NULL: not connected */
    ngx_connection_t *c;
    void *data; /* its user's */

    /* The connection stands. May be NULL. */
    void (*connected)(ngx_sluice_redis_conn_t *conn);

    /* It is gone, `ac` is NULL already; callbacks of its commands come after
       this. `error` is NULL when it was closed on purpose. */
    void (*lost)(ngx_sluice_redis_conn_t *conn, const char *error);
};


struct ngx_sluice_redis_s {
    ngx_sluice_redis_conf_t conf;

    /* this process's, filled while it serves */
    ngx_sluice_redis_conn_t conn; /* for commands */
    ngx_uint_t pending;           /* commands without a reply */
    ngx_event_t timer;            /* runs while something is pending */
    ngx_msec_t retry_at;
    unsigned away : 1;
    ngx_sluice_redis_subscription_t *subscriptions; /* a list */
};


/* Opens a connection and sends AUTH and SELECT, as `conf` asks, in front of all
   else. NGX_OK when it is on its way; NGX_ERROR after lost() was called. */
ngx_int_t ngx_sluice_redis_conn_open(ngx_sluice_redis_conn_t *conn,
                                     ngx_sluice_redis_conf_t *conf);

/* Sends a command; `callback` is hiredis's. NGX_ERROR: none will come. */
ngx_int_t ngx_sluice_redis_conn_send(ngx_sluice_redis_conn_t *conn,
                                     ngx_uint_t argc, const ngx_str_t *argv,
                                     redisCallbackFn *callback, void *data);

/* Closes it, for a reason or (NULL) on purpose; fine when there is none. */
void ngx_sluice_redis_conn_close(ngx_sluice_redis_conn_t *conn,
                                 const char *error);

#endif
