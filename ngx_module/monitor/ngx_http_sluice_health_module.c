/* For the load balancer: is the process alive, and which work can it do? */

#include "ngx_http_sluice_ready.h"

#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"


static char *ngx_http_sluice_health(ngx_conf_t *cf, ngx_command_t *cmd,
                                    void *conf);
static char *ngx_http_sluice_ready(ngx_conf_t *cf, ngx_command_t *cmd,
                                   void *conf);


static ngx_command_t ngx_http_sluice_health_commands[] = {

    { ngx_string("sluice_health"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
      ngx_http_sluice_health, 0, 0, NULL },

    { ngx_string("sluice_ready"),
      NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS | NGX_CONF_TAKE1,
      ngx_http_sluice_ready, 0, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_health_module_ctx = {
    NULL, /* preconfiguration */
    NULL, /* postconfiguration */

    NULL, /* create main configuration */
    NULL, /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    NULL, /* create location configuration */
    NULL  /* merge location configuration */
};


ngx_module_t ngx_http_sluice_health_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_health_module_ctx, /* module context */
    ngx_http_sluice_health_commands,    /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    NULL,                               /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    NULL,                               /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_sluice_health_handler(ngx_http_request_t *r)
{
    static ngx_str_t body = ngx_string("{\"status\":\"ok\"}");

    return ngx_http_sluice_json(r, NGX_HTTP_OK, &body);
}


static char *
ngx_http_sluice_health(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_sluice_health_handler;

    return NGX_CONF_OK;
}


static char *
ngx_http_sluice_ready(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t *value;
    ngx_http_core_loc_conf_t *clcf;
    ngx_http_sluice_main_conf_t *smcf;

    value = cf->args->elts;
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (cf->args->nelts == 2) {
        if (ngx_strcmp(value[1].data, "bytes") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of \"sluice_ready\": "
                               "write \"sluice_ready bytes;\" for what "
                               "serves links, or \"sluice_ready;\"",
                               &value[1]);
            return NGX_CONF_ERROR;
        }

        clcf->handler = ngx_http_sluice_ready_bytes_handler;

        return NGX_CONF_OK;
    }

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_module);

    if (smcf->database == NULL) {
        return NGX_HTTP_SLUICE_NEEDS_DATABASE;
    }

    clcf->handler = ngx_http_sluice_ready_handler;

    return NGX_CONF_OK;
}
