/* What the files of the Redis bridge share: ngx_sluice_redis.c has the
   connection for commands, ngx_sluice_redis_command.c how they are held, sent
   and answered, ngx_sluice_redis_subscription.c what is listened to,
   ngx_sluice_redis_primary.c finds who takes writes, and
   ngx_sluice_redis_conn.c has one connection's life. */

#ifndef NGX_SLUICE_REDIS_INTERNAL_H
#define NGX_SLUICE_REDIS_INTERNAL_H

#include "ngx_sluice_redis.h"
#include "ngx_sluice_event.h"
#include "ngx_sluice_name.h"

#include <hiredis/hiredis.h>
#include <hiredis/async.h>


#define NGX_SLUICE_REDIS_RETRY 1000 /* ms after one that did not come about */

/* why a primary that is none was left */
#define NGX_SLUICE_REDIS_REPLICA "it is a replica"


typedef struct ngx_sluice_redis_conn_s ngx_sluice_redis_conn_t;
typedef struct ngx_sluice_redis_primary_s ngx_sluice_redis_primary_t;

struct ngx_sluice_redis_conn_s {
    redisAsyncContext *ac; /* NULL: not connected */
    ngx_connection_t *c;
    void *data; /* its user's */

    /* It is gone, `ac` is NULL already; callbacks of its commands come after
       this. `error` is NULL when it was closed on purpose. */
    void (*lost)(ngx_sluice_redis_conn_t *conn, const char *error);
};

typedef struct {
    const char *host; /* an IP address, or the path of a Unix socket */
    in_port_t port;   /* 0: a Unix socket */
    const char *user; /* may be empty */
    ngx_str_t password;
    ngx_uint_t db;
} ngx_sluice_redis_peer_t;


/* A connection to the Redis that takes writes. */
struct ngx_sluice_redis_primary_s {
    const ngx_sluice_redis_conf_t *conf;
    ngx_sluice_redis_conn_t conn; /* to it; for commands once it `stands` */
    void *data;                   /* its user's */

    /* It stands: it says that it takes writes, or does not let us ask. */
    void (*found)(ngx_sluice_redis_primary_t *primary);

    /* It was not found, or is gone: as lost() of a connection. */
    void (*lost)(ngx_sluice_redis_primary_t *primary, const char *error);

    /* the attempt that is on its way */
    ngx_sluice_redis_conn_t sentinel;
    ngx_sluice_name_t *name;    /* that is being looked up */
    ngx_event_t timer;          /* of its step */
    ngx_uint_t asked;           /* Sentinels */
    char host[REDIS_NAME_SIZE]; /* what one of them said */
    in_port_t port;

    ngx_uint_t first; /* the Sentinel to begin with */
    ngx_uint_t turn;  /* which address of a name */
    unsigned seeks : 1;
    unsigned stands : 1;
    unsigned replica : 1; /* what was found last was one */
    unsigned untold : 1;  /* that it does not tell was said */
};


#define NGX_SLUICE_REDIS_KEPT_SIZE 64 /* of a reply that waits for WAIT's */

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


struct ngx_sluice_redis_s {
    ngx_sluice_redis_conf_t conf;

    /* this process's, filled while it serves */
    ngx_sluice_redis_primary_t primary;            /* for commands */
    ngx_sluice_redis_command_t *held, **held_last; /* until it is found, or
                                                    until WAIT is answered */
    ngx_uint_t pending; /* commands without a reply */
    ngx_uint_t epoch;   /* connections that stood */
    ngx_event_t timer;  /* runs while something is pending */
    ngx_msec_t retry_at;
    ngx_msec_t moved_at; /* when a replica was left */
    unsigned away : 1;
    unsigned keeps : 1; /* WAIT is on its way */
    unsigned moved : 1; /* another takes writes now: no wait for it */
    ngx_sluice_redis_subscription_t *subscriptions; /* a list */
};


/* Puts it behind what waits for a connection, or for WAIT's answer. */
void ngx_sluice_redis_hold(ngx_sluice_redis_t *redis,
                           ngx_sluice_redis_command_t *cmd);

/* Tells all that is held that Redis is away. */
void ngx_sluice_redis_drop(ngx_sluice_redis_t *redis);

/* Sends what is held, from a callback, and one WAIT behind what is to be kept
   of it. */
void ngx_sluice_redis_flush(ngx_sluice_redis_t *redis);

/* Sends one and frees its text. NGX_ERROR: the command is no more. */
ngx_int_t ngx_sluice_redis_send(ngx_sluice_redis_t *redis,
                                ngx_sluice_redis_command_t *cmd);

/* Sends WAIT behind a group that is linked by `next`, which is told then.
   NGX_ERROR: it will not be. */
ngx_int_t ngx_sluice_redis_keep(ngx_sluice_redis_t *redis,
                                ngx_sluice_redis_command_t *group);


/* Opens a connection and sends AUTH and SELECT, as `peer` asks, in front of all
   else. NGX_OK when it is on its way; NGX_ERROR after lost() was called. */
ngx_int_t ngx_sluice_redis_conn_open(ngx_sluice_redis_conn_t *conn,
                                     const ngx_sluice_redis_peer_t *peer);

/* Sends a command; `callback` is hiredis's. NGX_ERROR: none will come. */
ngx_int_t ngx_sluice_redis_conn_send(ngx_sluice_redis_conn_t *conn,
                                     ngx_uint_t argc, const ngx_str_t *argv,
                                     redisCallbackFn *callback, void *data);

/* Closes it, for a reason or (NULL) on purpose; fine when there is none. */
void ngx_sluice_redis_conn_close(ngx_sluice_redis_conn_t *conn,
                                 const char *error);


/* Prepares one; its user sets data, found() and lost(). */
void ngx_sluice_redis_primary_init(ngx_sluice_redis_primary_t *primary,
                                   const ngx_sluice_redis_conf_t *conf);

/* Begins to look for it and to connect. NGX_OK: found() or lost() will come;
   NGX_ERROR: lost() was called. Not while one is sought or stands. */
ngx_int_t ngx_sluice_redis_primary_open(ngx_sluice_redis_primary_t *primary);

/* Gives it up, for a reason or (NULL) on purpose; fine when there is none. */
void ngx_sluice_redis_primary_close(ngx_sluice_redis_primary_t *primary,
                                    const char *error);

#endif
