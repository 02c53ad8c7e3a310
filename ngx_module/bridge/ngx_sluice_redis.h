/*
 * Redis for requests: one pipelined connection per nginx process, opened on
 * demand, on nginx's event loop; and one more for each channel that is listened
 * to. Each is one to the Redis that takes writes: its name is looked up anew,
 * or Sentinels are asked, whenever it is lost or says that it is a replica.
 */

#ifndef NGX_SLUICE_REDIS_H
#define NGX_SLUICE_REDIS_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "core/base/redis_address.h"
#include "core/base/status.h"

typedef struct ngx_sluice_redis_s ngx_sluice_redis_t;
typedef struct ngx_sluice_redis_command_s ngx_sluice_redis_command_t;
typedef struct ngx_sluice_redis_subscription_s ngx_sluice_redis_subscription_t;

#define NGX_SLUICE_REDIS_MAX_ARGS 16

typedef struct {
    const redis_address_t *address;
    ngx_str_t password;          /* may be empty */
    ngx_str_t sentinel_password; /* may be empty */
    ngx_msec_t timeout;          /* the oldest unanswered command's patience */
} ngx_sluice_redis_conf_t;

/* Called once, never from inside ngx_sluice_redis_command(). SLUICE_OK with the
   reply's text (status and bulk replies; else empty), or SLUICE_REDIS_AWAY when
   the connection died or Redis answered with an error. */
typedef void (*ngx_sluice_redis_handler_pt)(void *data, sluice_status_t status,
                                            ngx_str_t *text);

/* What `conf` points to lives as long as the pool does. */
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

/* The same for a command that is answered with an array: each bulk or status
   reply in it becomes an item, and all else an empty one. `items` is gone when
   the handler returns. SLUICE_INTERNAL: no memory for them. */
typedef void (*ngx_sluice_redis_list_pt)(void *data, sluice_status_t status,
                                         const ngx_str_t *items, ngx_uint_t n);

sluice_status_t
ngx_sluice_redis_command_list(ngx_sluice_redis_t *redis, ngx_uint_t argc,
                              const ngx_str_t *argv,
                              ngx_sluice_redis_list_pt handler, void *data,
                              ngx_sluice_redis_command_t **command);

/* The same for one that must not be lost with the Redis that took it: it is
   done when as many replicas as the address wants (min_replicas=) have it, too.
   Where they do not say so within a tenth of a second, it is SLUICE_REDIS_AWAY
   with the reply's text, and the handler can take it back over the connection
   that took it. What is sent over `redis` meanwhile waits, and those that are
   to be kept wait together. `handler` is not NULL. */
sluice_status_t
ngx_sluice_redis_command_kept(ngx_sluice_redis_t *redis, ngx_uint_t argc,
                              const ngx_str_t *argv,
                              ngx_sluice_redis_handler_pt handler, void *data);

/* Asks whether it takes writes: SLUICE_OK, or SLUICE_REDIS_AWAY also when it is
   a replica, which is left then. The rest is as of a command. */
sluice_status_t ngx_sluice_redis_role(ngx_sluice_redis_t *redis,
                                      ngx_sluice_redis_handler_pt handler,
                                      void *data,
                                      ngx_sluice_redis_command_t **command);

/* 1: what was found last is a replica. */
ngx_uint_t ngx_sluice_redis_replica(const ngx_sluice_redis_t *redis);

/* Which connection it is, counted: what was done over another may be lost. */
ngx_uint_t ngx_sluice_redis_epoch(const ngx_sluice_redis_t *redis);

/* The callback will not come; the reply is let in and dropped. */
void ngx_sluice_redis_cancel(ngx_sluice_redis_command_t *command);

/* A channel that is listened to. */
typedef enum {
    NGX_SLUICE_REDIS_SUBSCRIBED, /* what is published from now on will come;
                                    told anew after each loss */
    NGX_SLUICE_REDIS_MESSAGE,    /* `text`, gone when the handler returns */
    NGX_SLUICE_REDIS_LOST        /* messages may be missed until the next
                                    _SUBSCRIBED; also when the first try fails,
                                    once until then */
} ngx_sluice_redis_event_t;

typedef void (*ngx_sluice_redis_event_pt)(void *data,
                                          ngx_sluice_redis_event_t event,
                                          ngx_str_t *text);

/* Listens to `channel` (which must live on) until the process leaves, over a
   connection of its own. A lost connection is opened again within half a
   second, later within two; a silent one is found out within the timeout, by a
   heartbeat. None of it keeps a worker process that drains. NGX_ERROR without
   memory. */
ngx_int_t ngx_sluice_redis_subscribe(ngx_sluice_redis_t *redis,
                                     const ngx_str_t *channel,
                                     ngx_sluice_redis_event_pt handler,
                                     void *data);

/* While `keep` is set a process that drains goes on listening; it still leaves
   when nothing else keeps it. Fine without a subscription. */
void ngx_sluice_redis_subscription_keep(ngx_sluice_redis_t *redis,
                                        ngx_uint_t keep);

/* Ends all of them: no callback comes any more. */
void ngx_sluice_redis_unsubscribe(ngx_sluice_redis_t *redis);

/* For exit_process; ends the subscriptions, too. */
void ngx_sluice_redis_close(ngx_sluice_redis_t *redis);

#endif
