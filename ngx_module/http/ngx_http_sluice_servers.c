#include "ngx_http_sluice.h"
#include "ngx_http_sluice_servers.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "core/base/redis_address.h"

#include <openssl/crypto.h>


/* ms from submission to answer, unless written. The primary answers what a
   replica does not: that is not waited for as long. */
#define NGX_HTTP_SLUICE_SERVERS_TIMEOUT 5000
#define NGX_HTTP_SLUICE_SERVERS_REPLICA 1000


typedef struct {
    ngx_int_t pool;
    ngx_int_t waiting;
    ngx_msec_t timeout;
} ngx_http_sluice_servers_limits_t;


/* A time of at least a millisecond, behind the `skip` bytes of its name. */

static ngx_int_t
ngx_http_sluice_servers_time(ngx_str_t *value, size_t skip, ngx_msec_t *time)
{
    ngx_int_t n;
    ngx_str_t s;

    s.data = value->data + skip;
    s.len = value->len - skip;

    n = ngx_parse_time(&s, 0);

    if (n == NGX_ERROR || n == 0) {
        return NGX_ERROR;
    }

    *time = (ngx_msec_t) n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sluice_servers_database_parameter(
    ngx_str_t *value, ngx_http_sluice_servers_limits_t *limits)
{
    if (ngx_strncmp(value->data, "pool=", 5) == 0) {
        limits->pool = ngx_atoi(value->data + 5, value->len - 5);
        return limits->pool < 1 || limits->pool > 1000 ? NGX_ERROR : NGX_OK;
    }

    if (ngx_strncmp(value->data, "waiting=", 8) == 0) {
        limits->waiting = ngx_atoi(value->data + 8, value->len - 8);
        return limits->waiting < 1 ? NGX_ERROR : NGX_OK;
    }

    if (ngx_strncmp(value->data, "timeout=", 8) == 0) {
        return ngx_http_sluice_servers_time(value, 8, &limits->timeout);
    }

    return NGX_ERROR;
}


static ngx_sluice_pg_t *
ngx_http_sluice_servers_pool(ngx_conf_t *cf, ngx_command_t *cmd,
                             ngx_sluice_pg_servers_t servers,
                             ngx_msec_t timeout)
{
    ngx_str_t *value;
    ngx_uint_t i;
    ngx_sluice_pg_t *pg;
    ngx_http_sluice_servers_limits_t limits = { 4, 256, timeout };

    value = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_http_sluice_servers_database_parameter(&value[i], &limits)
            != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" of \"%V\": write "
                               "pool=<1..1000>, waiting=<1..> or "
                               "timeout=<time>, e.g. pool=4 waiting=256 "
                               "timeout=5s",
                               &value[i], &cmd->name);
            return NULL;
        }
    }

    pg = ngx_sluice_pg_create(cf, &cmd->name, &value[1], limits.timeout,
                              servers);

    if (pg) {
        ngx_sluice_pg_limits(pg, (ngx_uint_t) limits.pool,
                             (ngx_uint_t) limits.waiting, limits.timeout);
    }

    return pg;
}


char *
ngx_http_sluice_servers_database(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_main_conf_t *smcf = conf;

    if (smcf->database) {
        return "is duplicate";
    }

    smcf->database = ngx_http_sluice_servers_pool(
        cf, cmd, NGX_SLUICE_PG_PRIMARIES, NGX_HTTP_SLUICE_SERVERS_TIMEOUT);

    return smcf->database ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_sluice_servers_replica(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_main_conf_t *smcf = conf;

    if (smcf->replica) {
        return "is duplicate";
    }

    smcf->replica_file = cf->conf_file->file.name;
    smcf->replica_line = cf->conf_file->line;
    smcf->replica = ngx_http_sluice_servers_pool(
        cf, cmd, NGX_SLUICE_PG_REPLICAS, NGX_HTTP_SLUICE_SERVERS_REPLICA);

    return smcf->replica ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* The first line of a file, which is named by `what`; empty without a file. */

static ngx_int_t
ngx_http_sluice_servers_password(ngx_conf_t *cf, const char *what,
                                 const char *file, ngx_str_t *password)
{
    char text[REDIS_PASSWORD_MAX + 1], why[REDIS_ADDRESS_ERROR_SIZE];
    ngx_str_t name;

    if (*file == '\0') {
        return NGX_OK;
    }

    name.data = (u_char *) file;
    name.len = ngx_strlen(file);

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    if (redis_password_read((char *) name.data, text, why, sizeof(why)) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s of \"sluice_redis\": %s",
                           what, why);
        return NGX_ERROR;
    }

    password->len = ngx_strlen(text);
    password->data = ngx_pnalloc(cf->pool, password->len + 1);

    if (password->data) {
        ngx_memcpy(password->data, text, password->len + 1);
    }

    OPENSSL_cleanse(text, sizeof(text));

    return password->data ? NGX_OK : NGX_ERROR;
}


/* The words of the directive behind its name; NGX_ERROR after saying what is
   wrong. */

static ngx_int_t
ngx_http_sluice_servers_words(ngx_conf_t *cf, redis_address_t *address,
                              ngx_msec_t *timeout)
{
    int rc;
    char why[REDIS_ADDRESS_ERROR_SIZE];
    ngx_str_t *value;
    ngx_uint_t i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (i > 1 && ngx_strncmp(value[i].data, "timeout=", 8) == 0) {
            rc = ngx_http_sluice_servers_time(&value[i], 8, timeout) == NGX_OK
                     ? 0
                     : -1;
            (void) ngx_snprintf((u_char *) why, sizeof(why),
                                "invalid parameter \"%V\": write e.g. "
                                "timeout=2s%Z",
                                &value[i]);
        } else {
            rc = (i == 1 ? redis_address_first
                         : redis_address_more)(address, (char *) value[i].data,
                                               value[i].len, why, sizeof(why));
        }

        if (rc != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"sluice_redis\": %s",
                               why);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


char *
ngx_http_sluice_servers_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_main_conf_t *smcf = conf;

    redis_address_t *address;
    ngx_sluice_redis_conf_t redis;

    if (smcf->redis) {
        return "is duplicate";
    }

    address = ngx_palloc(cf->pool, sizeof(redis_address_t));
    if (address == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&redis, sizeof(ngx_sluice_redis_conf_t));
    redis.address = address;
    redis.timeout = 2000;

    if (ngx_http_sluice_servers_words(cf, address, &redis.timeout) != NGX_OK
        || ngx_http_sluice_servers_password(
               cf, "password_file", address->password_file, &redis.password)
               != NGX_OK
        || ngx_http_sluice_servers_password(cf, "sentinel_password_file",
                                            address->sentinel_password_file,
                                            &redis.sentinel_password)
               != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    smcf->redis = ngx_sluice_redis_create(cf->pool, &redis);
    smcf->redis_listen = ngx_sluice_redis_create(cf->pool, &redis);

    if (smcf->redis == NULL || smcf->redis_listen == NULL) {
        return NGX_CONF_ERROR;
    }

    if (address->min_replicas) {
        smcf->redis_uses = ngx_sluice_redis_create(cf->pool, &redis);
    }

    return smcf->redis_uses || !address->min_replicas ? NGX_CONF_OK
                                                      : NGX_CONF_ERROR;
}
