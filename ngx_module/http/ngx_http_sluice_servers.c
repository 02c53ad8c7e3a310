#include "ngx_http_sluice.h"
#include "ngx_http_sluice_servers.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/bridge/ngx_sluice_redis.h"


#define NGX_HTTP_SLUICE_SERVERS_PASSWORD_MAX 512


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


char *
ngx_http_sluice_servers_database(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_main_conf_t *smcf = conf;

    ngx_str_t *value;
    ngx_uint_t i;
    ngx_http_sluice_servers_limits_t limits = { 4, 256, 5000 };

    if (smcf->database) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_http_sluice_servers_database_parameter(&value[i], &limits)
            != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" of "
                               "\"sluice_database\": write pool=<1..1000>, "
                               "waiting=<1..> or timeout=<time>, e.g. pool=4 "
                               "waiting=256 timeout=5s",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    smcf->database = ngx_sluice_pg_create(cf, &value[1], limits.timeout);
    if (smcf->database == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_sluice_pg_limits(smcf->database, (ngx_uint_t) limits.pool,
                         (ngx_uint_t) limits.waiting, limits.timeout);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_sluice_servers_address(ngx_conf_t *cf, ngx_str_t *value,
                                ngx_sluice_redis_conf_t *redis)
{
    u_char *p;
    ngx_url_t u;

    if (ngx_strncmp(value->data, "unix:", 5) == 0) {
        redis->host.data = value->data + 5;
        redis->host.len = value->len - 5;
        return NGX_OK;
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = *value;
    u.default_port = 6379;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK || u.naddrs == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid address \"%V\" of \"sluice_redis\": %s; "
                           "write <host>:<port> or unix:<path>",
                           value, u.err ? u.err : "not found");
        return NGX_ERROR;
    }

    p = ngx_pcalloc(cf->pool, NGX_SOCKADDR_STRLEN + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    redis->host.data = p;
    redis->host.len = ngx_sock_ntop(u.addrs[0].sockaddr, u.addrs[0].socklen, p,
                                    NGX_SOCKADDR_STRLEN, 0);
    redis->port = u.port;

    return NGX_OK;
}


/* The file's first line. */

static ngx_int_t
ngx_http_sluice_servers_password(ngx_conf_t *cf, ngx_str_t *name,
                                 ngx_str_t *password)
{
    ssize_t n;
    u_char *end;
    ngx_fd_t fd;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    password->data = ngx_pcalloc(cf->pool,
                                 NGX_HTTP_SLUICE_SERVERS_PASSWORD_MAX + 1);
    if (password->data == NULL) {
        return NGX_ERROR;
    }

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, password->data, NGX_HTTP_SLUICE_SERVERS_PASSWORD_MAX);
    (void) ngx_close_file(fd);

    end = n > 0 ? ngx_strlchr(password->data, password->data + n, LF) : NULL;
    password->len = end ? (size_t) (end - password->data) : (size_t) n;

    if (n <= 0 || password->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no password in the first line of \"%V\"", name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* NGX_DECLINED for what is no such parameter; NGX_ERROR after saying what is
   wrong. */

static ngx_int_t
ngx_http_sluice_servers_redis_parameter(ngx_conf_t *cf, ngx_str_t *value,
                                        ngx_sluice_redis_conf_t *redis)
{
    ngx_int_t db;
    ngx_str_t name;

    if (ngx_strncmp(value->data, "user=", 5) == 0) {
        redis->user.data = value->data + 5;
        redis->user.len = value->len - 5;
        return NGX_OK;
    }

    if (ngx_strncmp(value->data, "password_file=", 14) == 0) {
        name.data = value->data + 14;
        name.len = value->len - 14;
        return ngx_http_sluice_servers_password(cf, &name, &redis->password);
    }

    if (ngx_strncmp(value->data, "db=", 3) == 0) {
        db = ngx_atoi(value->data + 3, value->len - 3);
        if (db == NGX_ERROR) {
            return NGX_DECLINED;
        }

        redis->db = (ngx_uint_t) db;
        return NGX_OK;
    }

    if (ngx_strncmp(value->data, "timeout=", 8) == 0
        && ngx_http_sluice_servers_time(value, 8, &redis->timeout) == NGX_OK) {
        return NGX_OK;
    }

    return NGX_DECLINED;
}


char *
ngx_http_sluice_servers_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_main_conf_t *smcf = conf;

    ngx_int_t rc;
    ngx_str_t *value;
    ngx_uint_t i;
    ngx_sluice_redis_conf_t redis;

    if (smcf->redis) {
        return "is duplicate";
    }

    ngx_memzero(&redis, sizeof(ngx_sluice_redis_conf_t));
    redis.timeout = 2000;

    value = cf->args->elts;

    if (ngx_http_sluice_servers_address(cf, &value[1], &redis) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        rc = ngx_http_sluice_servers_redis_parameter(cf, &value[i], &redis);

        if (rc == NGX_DECLINED) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" of \"sluice_redis\": "
                               "write user=<name>, password_file=<file>, "
                               "db=<number> or timeout=<time>",
                               &value[i]);
        }

        if (rc != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    smcf->redis = ngx_sluice_redis_create(cf->pool, &redis);
    smcf->redis_uploads = ngx_sluice_redis_create(cf->pool, &redis);

    return smcf->redis && smcf->redis_uploads ? NGX_CONF_OK : NGX_CONF_ERROR;
}
