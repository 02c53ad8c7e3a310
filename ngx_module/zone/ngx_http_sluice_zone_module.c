/* sluice_zone: its directive, and its life across reloads. */

#include "ngx_http_sluice_meter.h"
#include "ngx_http_sluice_revocation.h"
#include "ngx_http_sluice_signer.h"
#include "ngx_http_sluice_zone_internal.h"

#include "ngx_module/http/ngx_http_sluice.h"


#define NGX_HTTP_SLUICE_ZONE_MIN (512 * 1024)
#define NGX_HTTP_SLUICE_ZONE_DEFAULT (4 * 1024 * 1024)


typedef struct {
    ngx_shm_zone_t *shm_zone; /* NULL: no zone */
    void *mem;                /* the zone's, in shared memory */
} ngx_http_sluice_zone_main_conf_t;


static void *ngx_http_sluice_zone_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_zone(ngx_conf_t *cf, ngx_command_t *cmd,
                                  void *conf);
static ngx_int_t ngx_http_sluice_zone_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_sluice_zone_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_sluice_zone_init_process(ngx_cycle_t *cycle);


static ngx_command_t ngx_http_sluice_zone_commands[] = {

    { ngx_string("sluice_zone"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
      ngx_http_sluice_zone, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_zone_module_ctx = {
    NULL,                                   /* preconfiguration */
    ngx_http_sluice_zone_postconfiguration, /* postconfiguration */

    ngx_http_sluice_zone_create_main_conf, /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    NULL, /* create location configuration */
    NULL  /* merge location configuration */
};


ngx_module_t ngx_http_sluice_zone_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_zone_module_ctx,  /* module context */
    ngx_http_sluice_zone_commands,     /* module directives */
    NGX_HTTP_MODULE,                   /* module type */
    NULL,                              /* init master */
    ngx_http_sluice_zone_init_module,  /* init module */
    ngx_http_sluice_zone_init_process, /* init process */
    NULL,                              /* init thread */
    NULL,                              /* exit thread */
    NULL,                              /* exit process */
    NULL,                              /* exit master */
    NGX_MODULE_V1_PADDING
};


/* configuration */

static void *
ngx_http_sluice_zone_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_zone_main_conf_t));
}


/* `data` is the old configuration's where its memory is taken over. */

static ngx_int_t
ngx_http_sluice_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_sluice_zone_main_conf_t *old = data;

    size_t size;
    ngx_slab_pool_t *shpool;
    ngx_http_sluice_zone_main_conf_t *zmcf;

    zmcf = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (old || shm_zone->shm.exists) {
        zmcf->mem = old ? old->mem : shpool->data;

        if (!ngx_http_sluice_zone_valid(zmcf->mem)) {
            ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                          "sluice_zone \"%V\" was made by another version: "
                          "restart nginx, or write another size",
                          &shm_zone->shm.name);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    /* all pages there are, in one piece */
    size = shpool->pfree * ngx_pagesize;

    zmcf->mem = ngx_slab_alloc(shpool, size);
    if (zmcf->mem == NULL) {
        return NGX_ERROR;
    }

    shpool->data = zmcf->mem;

    if (ngx_http_sluice_zone_make(zmcf->mem, size) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "sluice_zone \"%V\" cannot be made: no random bytes",
                      &shm_zone->shm.name);
        return NGX_ERROR;
    }

    /* the master has been attached to the one before */
    if (ngx_http_sluice_zone_generation() != 0) {
        ngx_log_error(NGX_LOG_NOTICE, shm_zone->shm.log, 0,
                      "sluice_zone \"%V\" has another name or size than "
                      "before and starts anew",
                      &shm_zone->shm.name);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sluice_zone_add(ngx_conf_t *cf, ngx_str_t *name, size_t size)
{
    ngx_str_t copy;
    ngx_http_sluice_zone_main_conf_t *zmcf;

    zmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_zone_module);

    /* nginx takes the pointer as it is */
    copy.len = name->len;
    copy.data = ngx_pstrdup(cf->pool, name);
    if (copy.data == NULL) {
        return NGX_ERROR;
    }

    zmcf->shm_zone = ngx_shared_memory_add(cf, &copy, size,
                                           &ngx_http_sluice_zone_module);
    if (zmcf->shm_zone == NULL) {
        return NGX_ERROR;
    }

    zmcf->shm_zone->init = ngx_http_sluice_zone_init;
    zmcf->shm_zone->data = zmcf;

    return NGX_OK;
}


static char *
ngx_http_sluice_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_zone_main_conf_t *zmcf = conf;

    u_char *p;
    ssize_t size;
    ngx_str_t *value, name, s;

    if (zmcf->shm_zone) {
        return "is duplicate: there is one zone, write it once";
    }

    value = cf->args->elts;
    p = (u_char *) ngx_strchr(value[1].data, ':');

    if (p == NULL || p == value[1].data) {
        goto invalid;
    }

    name.data = value[1].data;
    name.len = (size_t) (p - value[1].data);

    s.data = p + 1;
    s.len = value[1].len - name.len - 1;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR) {
        goto invalid;
    }

    if (size < NGX_HTTP_SLUICE_ZONE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"sluice_zone %V\" is too small: write at least "
                           "512k, e.g. %V:4m",
                           &value[1], &name);
        return NGX_CONF_ERROR;
    }

    return ngx_http_sluice_zone_add(cf, &name, (size_t) size) == NGX_OK
               ? NGX_CONF_OK
               : NGX_CONF_ERROR;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" of \"sluice_zone\": write "
                       "<name>:<size>, e.g. sluice:4m",
                       &value[1]);

    return NGX_CONF_ERROR;
}


/* Only now is it known whether some location has a gate. */

static ngx_int_t
ngx_http_sluice_zone_postconfiguration(ngx_conf_t *cf)
{
    ngx_str_t name = ngx_string("sluice");
    ngx_http_sluice_main_conf_t *smcf;
    ngx_http_sluice_zone_main_conf_t *zmcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_module);
    zmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_zone_module);

    if (zmcf->shm_zone) {
        return NGX_OK;
    }

    if (smcf->gated) {
        return ngx_http_sluice_zone_add(cf, &name,
                                        NGX_HTTP_SLUICE_ZONE_DEFAULT);
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_sluice_zone_configured(ngx_conf_t *cf)
{
    ngx_http_sluice_zone_main_conf_t *zmcf;

    zmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_zone_module);

    return zmcf->shm_zone != NULL;
}


/* In the master, before it starts the processes of this configuration. */

static ngx_int_t
ngx_http_sluice_zone_init_module(ngx_cycle_t *cycle)
{
    ngx_http_sluice_zone_main_conf_t *zmcf;

    zmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_sluice_zone_module);

    if (zmcf && zmcf->shm_zone) {
        ngx_http_sluice_zone_attach(zmcf->shm_zone, zmcf->mem);

    } else {
        ngx_http_sluice_zone_attach(NULL, NULL);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sluice_zone_init_process(ngx_cycle_t *cycle)
{
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_sluice_module);

    if (smcf
        && (ngx_process == NGX_PROCESS_WORKER
            || ngx_process == NGX_PROCESS_SINGLE)) {
        if (smcf->database) {
            ngx_sluice_pg_count(smcf->database,
                                ngx_http_sluice_zone_database());
        }

        ngx_http_sluice_revocation_start(smcf);
        ngx_http_sluice_at_exit(ngx_http_sluice_revocation_stop);

        ngx_http_sluice_meter_start(smcf);
        ngx_http_sluice_at_exit(ngx_http_sluice_meter_stop);

        return ngx_http_sluice_signer_start(cycle);
    }

    return NGX_OK;
}
