#include "ngx_http_sluice.h"
#include "ngx_http_sluice_origin.h"
#include "ngx_http_sluice_passkeys.h"
#include "ngx_http_sluice_servers.h"
#include "ngx_http_sluice_trace.h"
#include "ngx_http_sluice_whose.h"

#include "ngx_module/bridge/ngx_sluice_name.h"
#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "core/grant/access.h"
#include "core/jose/jwk.h"


#define NGX_HTTP_SLUICE_EXITS 8 /* handlers of ngx_http_sluice_at_exit() */


static void *ngx_http_sluice_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_sluice_create_srv_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_merge_srv_conf(ngx_conf_t *cf, void *parent,
                                            void *child);
static char *ngx_http_sluice_keys(ngx_conf_t *cf, ngx_command_t *cmd,
                                  void *conf);
static char *ngx_http_sluice_public_url(ngx_conf_t *cf, ngx_command_t *cmd,
                                        void *conf);
static char *ngx_http_sluice_thread_pool(ngx_conf_t *cf, ngx_command_t *cmd,
                                         void *conf);
static char *ngx_http_sluice_second_factor(ngx_conf_t *cf, ngx_command_t *cmd,
                                           void *conf);
static char *ngx_http_sluice_check_life(ngx_conf_t *cf, void *post, void *data);
static void ngx_http_sluice_exit_process(ngx_cycle_t *cycle);


static ngx_conf_post_t ngx_http_sluice_life = { ngx_http_sluice_check_life };


ngx_conf_enum_t ngx_http_sluice_registration[] = {
    { ngx_string("closed"), NGX_HTTP_SLUICE_REGISTRATION_CLOSED },
    { ngx_string("invited"), NGX_HTTP_SLUICE_REGISTRATION_INVITED },
    { ngx_string("open"), NGX_HTTP_SLUICE_REGISTRATION_OPEN },
    { ngx_null_string, 0 }
};


static ngx_command_t ngx_http_sluice_commands[] = {

    { ngx_string("sluice_database"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
      ngx_http_sluice_servers_database, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_database_replica"),
      NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE, ngx_http_sluice_servers_replica,
      NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_redis"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
      ngx_http_sluice_servers_redis, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_thread_pool"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
      ngx_http_sluice_thread_pool, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_keys"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
      ngx_http_sluice_keys, NGX_HTTP_SRV_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_public_url"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
      ngx_http_sluice_public_url, NGX_HTTP_SRV_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_link_ttl"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot, NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_sluice_srv_conf_t, link_ttl), &ngx_http_sluice_life },

    { ngx_string("sluice_access_ttl"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot, NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_sluice_srv_conf_t, access_ttl), &ngx_http_sluice_life },

    { ngx_string("sluice_refresh_ttl"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot, NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_sluice_srv_conf_t, refresh_ttl),
      &ngx_http_sluice_life },

    { ngx_string("sluice_idle_ttl"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot, NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_sluice_srv_conf_t, idle_ttl), &ngx_http_sluice_life },

    { ngx_string("sluice_registration"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot, NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_sluice_srv_conf_t, registration),
      ngx_http_sluice_registration },

    { ngx_string("sluice_second_factor"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE12,
      ngx_http_sluice_second_factor, NGX_HTTP_SRV_CONF_OFFSET, 0, NULL },

    { ngx_string("sluice_passkeys"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_1MORE,
      ngx_http_sluice_passkeys, NGX_HTTP_SRV_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_module_ctx = {
    ngx_http_sluice_trace_variables, /* preconfiguration */
    ngx_http_sluice_whose_init,      /* postconfiguration */

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

    if (smcf->database == NULL && smcf->replica) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"sluice_database_replica\" is of no use without its "
                      "primary: write \"sluice_database <conninfo>;\" beside "
                      "it in %V:%ui",
                      &smcf->replica_file, smcf->replica_line);
        return NGX_CONF_ERROR;
    }

    if (smcf->database == NULL) {
        return NGX_CONF_OK;
    }

    if (smcf->thread_pool == NULL) {
        smcf->thread_pool = ngx_thread_pool_add(cf, NULL);
    }

    return smcf->thread_pool ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* Whether there is such a pool, nginx tells when it has read all: with the file
   and line of who asked first. It knows no directive, so the file has it. */

static char *
ngx_http_sluice_thread_pool(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_main_conf_t *smcf = conf;

    size_t size;
    ngx_str_t *value, file;

    static const char directive[] = "\"sluice_thread_pool\" of ";

    if (smcf->thread_pool) {
        return "is duplicate";
    }

    value = cf->args->elts;
    file = cf->conf_file->file.name;
    size = sizeof(directive) + file.len;

    cf->conf_file->file.name.data = ngx_pnalloc(cf->pool, size);

    if (cf->conf_file->file.name.data) {
        (void) ngx_snprintf(cf->conf_file->file.name.data, size, "%s%V%Z",
                            directive, &file);
        smcf->thread_pool = ngx_thread_pool_add(cf, &value[1]);
    }

    cf->conf_file->file.name = file;

    return smcf->thread_pool ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* What lives for no time never opens anything. */

static char *
ngx_http_sluice_check_life(ngx_conf_t *cf, void *post, void *data)
{
    const time_t *life = data;

    return *life ? NGX_CONF_OK
                 : "must be a second at least: write e.g. 15m, 4h or 30d";
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
    sscf->idle_ttl = NGX_CONF_UNSET;
    sscf->registration = NGX_CONF_UNSET_UINT;
    sscf->second_factor = NGX_CONF_UNSET_UINT;
    sscf->second_factor_role = NGX_CONF_UNSET_UINT;
    sscf->passkeys.taken = NGX_CONF_UNSET;

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
    ngx_conf_merge_sec_value(conf->idle_ttl, prev->idle_ttl, 14 * 86400);
    ngx_conf_merge_uint_value(conf->registration, prev->registration,
                              NGX_HTTP_SLUICE_REGISTRATION_CLOSED);

    if (conf->second_factor == NGX_CONF_UNSET_UINT) {
        conf->second_factor_role = prev->second_factor_role;
    }

    ngx_conf_merge_uint_value(conf->second_factor, prev->second_factor,
                              NGX_HTTP_SLUICE_FACTOR_OPTIONAL);

    return ngx_http_sluice_passkeys_merge(cf, &prev->passkeys, &conf->passkeys,
                                          &conf->public_url);
}


static void
ngx_http_sluice_keys_cleanup(void *data)
{
    jwk_set_free(data);
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


/* required [role=viewer|editor|admin] */

static char *
ngx_http_sluice_second_factor_role(ngx_conf_t *cf, ngx_str_t *value,
                                   ngx_http_sluice_srv_conf_t *sscf)
{
    role_t role = ROLE_NONE;

    if (ngx_strncmp(value->data, "role=", 5) == 0
        && sscf->second_factor == NGX_HTTP_SLUICE_FACTOR_REQUIRED) {
        role = role_from_name((char *) value->data + 5, value->len - 5);
    }

    if (role == ROLE_NONE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" of "
                           "\"sluice_second_factor\": write \"required "
                           "role=admin\", or editor or viewer",
                           value);
        return NGX_CONF_ERROR;
    }

    sscf->second_factor_role = role;

    return NGX_CONF_OK;
}


static char *
ngx_http_sluice_second_factor(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_srv_conf_t *sscf = conf;

    ngx_uint_t i;
    ngx_str_t *value;

    static const char *const words[] = {
        [NGX_HTTP_SLUICE_FACTOR_OFF] = "off",
        [NGX_HTTP_SLUICE_FACTOR_OPTIONAL] = "optional",
        [NGX_HTTP_SLUICE_FACTOR_REQUIRED] = "required"
    };

    if (sscf->second_factor != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (ngx_strcmp(value[1].data, words[i]) == 0) {
            sscf->second_factor = i;
        }
    }

    if (sscf->second_factor == NGX_CONF_UNSET_UINT) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of "
                           "\"sluice_second_factor\": write off, optional or "
                           "required",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    sscf->second_factor_role = ROLE_VIEWER;

    return cf->args->nelts == 2
               ? NGX_CONF_OK
               : ngx_http_sluice_second_factor_role(cf, &value[2], sscf);
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

    if (smcf->replica) {
        ngx_sluice_pg_close(smcf->replica);
    }

    if (smcf->redis) {
        ngx_sluice_redis_close(smcf->redis);
    }

    if (smcf->redis_uses) {
        ngx_sluice_redis_close(smcf->redis_uses);
    }

    ngx_sluice_name_end();
}
