/*
 * Redis for requests: one pipelined connection per nginx process, opened on
 * demand, on nginx's event loop.
 */

#ifndef NGX_SLUICE_REDIS_H
#define NGX_SLUICE_REDIS_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "status.h"

typedef struct ngx_sluice_redis_s ngx_sluice_redis_t;
typedef struct ngx_sluice_redis_command_s ngx_sluice_redis_command_t;

#define NGX_SLUICE_REDIS_MAX_ARGS 16

typedef struct {
    ngx_str_t host;     /* IP address, or path of a Unix socket */
    in_port_t port;     /* 0: a Unix socket */
    ngx_str_t user;     /* may be empty */
    ngx_str_t password; /* may be empty */
    ngx_uint_t db;
    ngx_msec_t timeout; /* the oldest unanswered command's patience */
} ngx_sluice_redis_conf_t;

/* Called once, never from inside ngx_sluice_redis_command(). SLUICE_OK with the
   reply's text (status and bulk replies; else empty), or SLUICE_REDIS_AWAY when
   the connection died or Redis answered with an error. */
typedef void (*ngx_sluice_redis_handler_pt)(void *data, sluice_status_t status,
                                            ngx_str_t *text);

/* Strings of `conf` are terminated and live as long as the pool does. */
ngx_sluice_redis_t *ngx_sluice_redis_create(ngx_pool_t *pool,
                                            ngx_sluice_redis_conf_t *conf);

/* Submits a command of `argc` arguments, which are copied. `handler` may be
   NULL for what nobody waits for. On SLUICE_OK `*command` (unless `command` is
   NULL) is a handle that holds until the callback; else no callback comes. */
sluice_status_t ngx_sluice_redis_command(ngx_sluice_redis_t *redis,
                                         ngx_uint_t argc, const ngx_str_t *argv,
                                         ngx_sluice_redis_handler_pt handler,
                                         void *data,
                                         ngx_sluice_redis_command_t **command);

/* The callback will not come; the reply is let in and dropped. */
void ngx_sluice_redis_cancel(ngx_sluice_redis_command_t *command);

/* For exit_process. */
void ngx_sluice_redis_close(ngx_sluice_redis_t *redis);

#endif
