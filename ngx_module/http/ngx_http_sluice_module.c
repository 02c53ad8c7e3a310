#include "ngx_http_sluice_ctx.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "core/grant/grant.h"
#include "core/jose/jwk.h"
#include "core/table/token_table.h"


#define NGX_HTTP_SLUICE_EXITS 8 /* handlers of ngx_http_sluice_at_exit() */


static void *ngx_http_sluice_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_sluice_create_srv_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_merge_srv_conf(ngx_conf_t *cf, void *parent,
                                            void *child);
static char *ngx_http_sluice_database(ngx_conf_t *cf, ngx_command_t *cmd,
                                      void *conf);
static char *ngx_http_sluice_redis(ngx_conf_t *cf, ngx_command_t *cmd,
                                   void *conf);
static ngx_int_t ngx_http_sluice_redis_address(ngx_conf_t *cf, ngx_str_t *value,
                                               ngx_sluice_redis_conf_t *redis);
static ngx_int_t ngx_http_sluice_password_file(ngx_conf_t *cf, ngx_str_t *name,
                                               ngx_str_t *password);
static char *ngx_http_sluice_keys(ngx_conf_t *cf, ngx_command_t *cmd,
                                  void *conf);
static void ngx_http_sluice_keys_cleanup(void *data);
static char *ngx_http_sluice_public_url(ngx_conf_t *cf, ngx_command_t *cmd,
                                        void *conf);
static void ngx_http_sluice_exit_process(ngx_cycle_t *cycle);


static ngx_command_t ngx_http_sluice_commands[] = {

    { ngx_string("sluice_database"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
      ngx_http_sluice_database, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_redis"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
      ngx_http_sluice_redis, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_thread_pool"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
      ngx_conf_set_str_slot, NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sluice_main_conf_t, thread_pool_name), NULL },

    { ngx_string("sluice_keys"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
      ngx_http_sluice_keys, NGX_HTTP_SRV_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_public_url"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
      ngx_http_sluice_public_url, NGX_HTTP_SRV_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_link_ttl"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot, NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_sluice_srv_conf_t, link_ttl), NULL },

    { ngx_string("sluice_access_ttl"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot, NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_sluice_srv_conf_t, access_ttl), NULL },

    { ngx_string("sluice_refresh_ttl"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot, NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_sluice_srv_conf_t, refresh_ttl), NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_module_ctx = {
    NULL, /* preconfiguration */
    NULL, /* postconfiguration */

    ngx_http_sluice_create_main_conf, /* create main configuration */
    ngx_http_sluice_init_main_conf,   /* init main configuration */

    ngx_http_sluice_create_srv_conf, /* create server configuration */
    ngx_http_sluice_merge_srv_conf,  /* merge server configuration */

    NULL, /* create location configuration */
    NULL  /* merge location configuration */
};


ngx_module_t ngx_http_sluice_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_module_ctx,  /* module context */
    ngx_http_sluice_commands,     /* module directives */
    NGX_HTTP_MODULE,              /* module type */
    NULL,                         /* init master */
    NULL,                         /* init module */
    NULL,                         /* init process */
    NULL,                         /* init thread */
    NULL,                         /* exit thread */
    ngx_http_sluice_exit_process, /* exit process */
    NULL,                         /* exit master */
    NGX_MODULE_V1_PADDING
};


/* a request's contexts */

/*
 * As ngx_http_realip_module does it: the context hangs on a cleanup entry,
 * whose handler marks it as one of ours.
 */

typedef struct {
    ngx_module_t *module;
    max_align_t context[]; /* the module's */
} ngx_http_sluice_context_t;


static void
ngx_http_sluice_context_mark(void *data)
{
}


void *
ngx_http_sluice_context_kept(ngx_http_request_t *r, const ngx_module_t *module)
{
    ngx_pool_cleanup_t *cln;
    ngx_http_sluice_context_t *kept;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler != ngx_http_sluice_context_mark) {
            continue;
        }

        kept = cln->data;

        if (kept->module == module) {
            r->ctx[module->ctx_index] = kept->context;
            return kept->context;
        }
    }

    return NULL;
}


void *
ngx_http_sluice_context_make(ngx_http_request_t *r, ngx_module_t *module,
                             size_t size)
{
    ngx_pool_cleanup_t *cln;
    ngx_http_sluice_context_t *kept;

    size += sizeof(ngx_http_sluice_context_t);

    cln = ngx_pool_cleanup_add(r->pool, size);
    if (cln == NULL) {
        return NULL;
    }

    kept = cln->data;
    ngx_memzero(kept, size);
    kept->module = module;

    cln->handler = ngx_http_sluice_context_mark;
    r->ctx[module->ctx_index] = kept->context;

    return kept->context;
}


ngx_http_sluice_ctx_t *
ngx_http_sluice_find_ctx(ngx_http_request_t *r)
{
    return ngx_http_sluice_context_find(r, &ngx_http_sluice_module);
}


ngx_http_sluice_ctx_t *
ngx_http_sluice_ctx(ngx_http_request_t *r)
{
    ngx_http_sluice_ctx_t *ctx;

    ctx = ngx_http_sluice_find_ctx(r);

    return ctx ? ctx
               : ngx_http_sluice_context_make(r, &ngx_http_sluice_module,
                                              sizeof(ngx_http_sluice_ctx_t));
}


/* configuration */

static void *
ngx_http_sluice_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_main_conf_t));
}


static char *
ngx_http_sluice_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_sluice_main_conf_t *smcf = conf;

    if (smcf->database == NULL) {
        return NGX_CONF_OK;
    }

    if (smcf->thread_pool_name.len == 0) {
        ngx_str_set(&smcf->thread_pool_name, "default");
    }

    smcf->thread_pool = ngx_thread_pool_add(cf, &smcf->thread_pool_name);

    return smcf->thread_pool ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static void *
ngx_http_sluice_create_srv_conf(ngx_conf_t *cf)
{
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_srv_conf_t));
    if (sscf == NULL) {
        return NULL;
    }

    sscf->link_ttl = NGX_CONF_UNSET;
    sscf->access_ttl = NGX_CONF_UNSET;
    sscf->refresh_ttl = NGX_CONF_UNSET;

    return sscf;
}


static char *
ngx_http_sluice_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_sluice_srv_conf_t *prev = parent;
    ngx_http_sluice_srv_conf_t *conf = child;

    if (conf->keys == NULL) {
        conf->keys = prev->keys;
    }

    ngx_conf_merge_str_value(conf->public_url, prev->public_url, "");
    ngx_conf_merge_sec_value(conf->link_ttl, prev->link_ttl, 4 * 3600);
    ngx_conf_merge_sec_value(conf->access_ttl, prev->access_ttl, 900);
    ngx_conf_merge_sec_value(conf->refresh_ttl, prev->refresh_ttl, 30 * 86400);

    return NGX_CONF_OK;
}


static char *
ngx_http_sluice_database(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_main_conf_t *smcf = conf;

    ngx_int_t pool, waiting, timeout;
    ngx_str_t *value, s;
    ngx_uint_t i;

    if (smcf->database) {
        return "is duplicate";
    }

    value = cf->args->elts;
    pool = 4;
    waiting = 256;
    timeout = 5000;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "pool=", 5) == 0) {
            pool = ngx_atoi(value[i].data + 5, value[i].len - 5);

            if (pool < 1 || pool > 1000) {
                goto invalid;
            }

        } else if (ngx_strncmp(value[i].data, "waiting=", 8) == 0) {
            waiting = ngx_atoi(value[i].data + 8, value[i].len - 8);

            if (waiting < 1) {
                goto invalid;
            }

        } else if (ngx_strncmp(value[i].data, "timeout=", 8) == 0) {
            s.data = value[i].data + 8;
            s.len = value[i].len - 8;
            timeout = ngx_parse_time(&s, 0);

            if (timeout == NGX_ERROR || timeout == 0) {
                goto invalid;
            }

        } else {
            goto invalid;
        }
    }

    smcf->database = ngx_sluice_pg_create(cf, &value[1], (ngx_msec_t) timeout);
    if (smcf->database == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_sluice_pg_limits(smcf->database, (ngx_uint_t) pool,
                         (ngx_uint_t) waiting, (ngx_msec_t) timeout);

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of \"sluice_database\": "
                       "write pool=<1..1000>, waiting=<1..> or "
                       "timeout=<time>, e.g. pool=4 waiting=256 timeout=5s",
                       &value[i]);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_sluice_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_main_conf_t *smcf = conf;

    ngx_int_t n;
    ngx_str_t *value, s;
    ngx_uint_t i;
    ngx_sluice_redis_conf_t redis;

    if (smcf->redis) {
        return "is duplicate";
    }

    ngx_memzero(&redis, sizeof(ngx_sluice_redis_conf_t));
    redis.timeout = 2000;

    value = cf->args->elts;

    if (ngx_http_sluice_redis_address(cf, &value[1], &redis) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "user=", 5) == 0) {
            redis.user.data = value[i].data + 5;
            redis.user.len = value[i].len - 5;

        } else if (ngx_strncmp(value[i].data, "password_file=", 14) == 0) {
            s.data = value[i].data + 14;
            s.len = value[i].len - 14;

            if (ngx_http_sluice_password_file(cf, &s, &redis.password)
                != NGX_OK) {
                return NGX_CONF_ERROR;
            }

        } else if (ngx_strncmp(value[i].data, "db=", 3) == 0) {
            n = ngx_atoi(value[i].data + 3, value[i].len - 3);

            if (n == NGX_ERROR) {
                goto invalid;
            }

            redis.db = (ngx_uint_t) n;

        } else if (ngx_strncmp(value[i].data, "timeout=", 8) == 0) {
            s.data = value[i].data + 8;
            s.len = value[i].len - 8;
            n = ngx_parse_time(&s, 0);

            if (n == NGX_ERROR || n == 0) {
                goto invalid;
            }

            redis.timeout = (ngx_msec_t) n;

        } else {
            goto invalid;
        }
    }

    smcf->redis = ngx_sluice_redis_create(cf->pool, &redis);
    smcf->redis_uploads = ngx_sluice_redis_create(cf->pool, &redis);

    return smcf->redis && smcf->redis_uploads ? NGX_CONF_OK : NGX_CONF_ERROR;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of \"sluice_redis\": write "
                       "user=<name>, password_file=<file>, db=<number> or "
                       "timeout=<time>",
                       &value[i]);

    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_sluice_redis_address(ngx_conf_t *cf, ngx_str_t *value,
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


static ngx_int_t
ngx_http_sluice_password_file(ngx_conf_t *cf, ngx_str_t *name,
                              ngx_str_t *password)
{
    ssize_t n;
    u_char *end;
    ngx_fd_t fd;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    password->data = ngx_pcalloc(cf->pool, 513);
    if (password->data == NULL) {
        return NGX_ERROR;
    }

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, password->data, 512);
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


static char *
ngx_http_sluice_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_srv_conf_t *sscf = conf;

    char error[NGX_MAX_CONF_ERRSTR];
    ngx_str_t *value;
    ngx_pool_cleanup_t *cln;

    if (sscf->keys) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    sscf->keys = jwk_set_read((char *) value[1].data, JWK_OWN, error,
                              sizeof(error));

    if (sscf->keys == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "key set \"%V\": %s; make "
                           "one with \"sluicectl keys init %V\"",
                           &value[1], error, &value[1]);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_sluice_keys_cleanup;
    cln->data = sscf->keys;

    return NGX_CONF_OK;
}


static void
ngx_http_sluice_keys_cleanup(void *data)
{
    jwk_set_free(data);
}


static char *
ngx_http_sluice_public_url(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_srv_conf_t *sscf = conf;

    ngx_str_t *value;

    if (sscf->public_url.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (!ngx_http_sluice_is_origin(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid origin \"%V\" of \"sluice_public_url\": "
                           "write scheme and host without a path, e.g. "
                           "https://media.example.org",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    sscf->public_url = value[1];

    return NGX_CONF_OK;
}


ngx_uint_t
ngx_http_sluice_is_origin(ngx_str_t *url)
{
    u_char *p;
    size_t scheme;

    p = url->data;

    scheme = ngx_strncmp(p, "https://", 8) == 0  ? 8
             : ngx_strncmp(p, "http://", 7) == 0 ? 7
                                                 : 0;

    return scheme != 0 && url->len > scheme
           && ngx_strlchr(p + scheme, p + url->len, '/') == NULL;
}


/* processes */

static void (*ngx_http_sluice_exits[NGX_HTTP_SLUICE_EXITS])(void);
static ngx_uint_t ngx_http_sluice_nexits;


void
ngx_http_sluice_at_exit(void (*handler)(void))
{
    if (ngx_http_sluice_nexits == NGX_HTTP_SLUICE_EXITS) {
        ngx_debug_point();
        return;
    }

    ngx_http_sluice_exits[ngx_http_sluice_nexits++] = handler;
}


static void
ngx_http_sluice_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_sluice_module);

    if (smcf == NULL) {
        return;
    }

    while (ngx_http_sluice_nexits) {
        ngx_http_sluice_exits[--ngx_http_sluice_nexits]();
    }

    if (smcf->database) {
        ngx_sluice_pg_close(smcf->database);
    }

    if (smcf->redis) {
        ngx_sluice_redis_close(smcf->redis);
    }
}
