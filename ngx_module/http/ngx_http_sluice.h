/* What Sluice's HTTP modules share: configuration, and the end of a process. */

#ifndef NGX_HTTP_SLUICE_H
#define NGX_HTTP_SLUICE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "core/account/webauthn.h"
#include "core/jose/jwk.h"

extern ngx_module_t ngx_http_sluice_module;

#define NGX_HTTP_SLUICE_AUDIENCE "sluice"

/* what a directive returns in vain of one */
#define NGX_HTTP_SLUICE_NEEDS_DATABASE                                  \
    "needs a database: write \"sluice_database <conninfo>;\" in http, " \
    "above this server"

/* what helps who signs in vain of a key */
#define NGX_HTTP_SLUICE_WRITE_KEYS                                       \
    "write \"sluice_keys <file>;\" and \"sluice_public_url <origin>;\" " \
    "in this server or in http"


/* sluice_second_factor */
#define NGX_HTTP_SLUICE_FACTOR_OFF 0
#define NGX_HTTP_SLUICE_FACTOR_OPTIONAL 1
#define NGX_HTTP_SLUICE_FACTOR_REQUIRED 2


typedef struct {
    ngx_sluice_pg_t *database;        /* NULL: no sluice_database */
    ngx_sluice_pg_t *replica;         /* NULL: no sluice_database_replica */
    ngx_sluice_redis_t *redis;        /* NULL: no sluice_redis */
    ngx_sluice_redis_t *redis_listen; /* the same, to listen with */
    ngx_sluice_redis_t *redis_uses;   /* the same, for what waits for replicas;
                                         NULL: nothing does */
    ngx_flag_t uploads;               /* some location takes them */
    ngx_flag_t gated;                 /* some location has a gate */
    ngx_int_t user_variable;          /* index of $sluice_user */
    ngx_thread_pool_t *thread_pool;
    ngx_str_t replica_file; /* where sluice_database_replica stands */
    ngx_uint_t replica_line;
} ngx_http_sluice_main_conf_t;

/* Who may make an account. */
typedef enum {
    NGX_HTTP_SLUICE_REGISTRATION_CLOSED,
    NGX_HTTP_SLUICE_REGISTRATION_INVITED,
    NGX_HTTP_SLUICE_REGISTRATION_OPEN
} ngx_http_sluice_registration_t;

/* sluice_passkeys: ngx_http_sluice_passkeys.h */
typedef struct {
    ngx_flag_t taken;     /* 0: off */
    ngx_str_t rp;         /* "": the host of sluice_public_url */
    ngx_array_t *origins; /* of ngx_str_t, beside sluice_public_url; NULL: none
                           */
    ngx_str_t file;       /* where rp stands, for messages */
    ngx_uint_t line;
    const webauthn_site_t *site; /* what comes of it; NULL: none are taken */
} ngx_http_sluice_passkeys_conf_t;

typedef struct {
    jwk_set_t *keys;      /* NULL: no sluice_keys */
    ngx_str_t public_url; /* terminated, no '/' at the end */
    time_t link_ttl;
    time_t access_ttl;
    time_t refresh_ttl;
    time_t idle_ttl;
    ngx_uint_t registration;       /* ngx_http_sluice_registration_t */
    ngx_uint_t second_factor;      /* NGX_HTTP_SLUICE_FACTOR_* */
    ngx_uint_t second_factor_role; /* role_t: the least who must have one */
    ngx_http_sluice_passkeys_conf_t passkeys;
} ngx_http_sluice_srv_conf_t;


/* The words for it, in its order. */
extern ngx_conf_enum_t ngx_http_sluice_registration[];


/* For init_process, or later: `handler` is called when this process exits,
   before it closes PostgreSQL and Redis; the last one first. */
void ngx_http_sluice_at_exit(void (*handler)(void));

#endif
