/* sluice_metrics: the zone's numbers, and behind them the record's. */

#include "ngx_http_sluice_metrics.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/store/ngx_http_sluice_store.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/status.h"


typedef struct {
    ngx_str_t file; /* where sluice_metrics stands, for messages */
    ngx_uint_t line;
} ngx_http_sluice_metrics_main_conf_t;


static void ngx_http_sluice_metrics_told(ngx_http_request_t *r, void *data,
                                         const ngx_sluice_pg_result_t *result);
static void *ngx_http_sluice_metrics_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_metrics(ngx_conf_t *cf, ngx_command_t *cmd,
                                     void *conf);
static ngx_int_t ngx_http_sluice_metrics_postconfiguration(ngx_conf_t *cf);


static ngx_command_t ngx_http_sluice_metrics_commands[] = {

    { ngx_string("sluice_metrics"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
      ngx_http_sluice_metrics, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_metrics_module_ctx = {
    NULL,                                      /* preconfiguration */
    ngx_http_sluice_metrics_postconfiguration, /* postconfiguration */

    ngx_http_sluice_metrics_create_main_conf, /* create main configuration */
    NULL,                                     /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    NULL, /* create location configuration */
    NULL  /* merge location configuration */
};


ngx_module_t ngx_http_sluice_metrics_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_metrics_module_ctx, /* module context */
    ngx_http_sluice_metrics_commands,    /* module directives */
    NGX_HTTP_MODULE,                     /* module type */
    NULL,                                /* init master */
    NULL,                                /* init module */
    NULL,                                /* init process */
    NULL,                                /* init thread */
    NULL,                                /* exit thread */
    NULL,                                /* exit process */
    NULL,                                /* exit master */
    NGX_MODULE_V1_PADDING
};


/* Of this process, which reads them as all others do. */

static u_char *
ngx_http_sluice_metrics_store(u_char *p, u_char *last)
{
    time_t seconds;

    if (ngx_http_sluice_store_ends(&seconds) != NGX_OK) {
        return p;
    }

    p = ngx_http_sluice_metrics_head(
        p, last, "sluice_store_credentials_seconds", "gauge",
        "Seconds until the bucket's credentials "
        "end; 0: they have.");

    return ngx_slprintf(p, last, "sluice_store_credentials_seconds %T\n",
                        seconds);
}


static ngx_int_t
ngx_http_sluice_metrics_send(ngx_http_request_t *r, ngx_str_t *record)
{
    u_char *p;
    ngx_int_t rc;
    ngx_str_t zone;
    ngx_str_t type = ngx_string("text/plain; version=0.0.4");
    ngx_str_t no_store = ngx_string("no-store");
    ngx_http_complex_value_t text;

    rc = ngx_http_sluice_metrics_zone_text(r, &zone);

    if (rc == NGX_DECLINED) {
        return ngx_http_sluice_problem(r, SLUICE_NOT_FOUND, NULL, NULL);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_pnalloc(r->pool,
                    zone.len + record->len + NGX_HTTP_SLUICE_METRICS_LINES);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&text, sizeof(ngx_http_complex_value_t));
    text.value.data = p;

    p = ngx_cpymem(p, zone.data, zone.len);
    p = ngx_http_sluice_metrics_store(p, p + NGX_HTTP_SLUICE_METRICS_LINES);
    p = ngx_cpymem(p, record->data, record->len);

    text.value.len = (size_t) (p - text.value.data);

    if (ngx_http_sluice_header(r, "Cache-Control", &no_store) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_send_response(r, NGX_HTTP_OK, &type, &text);
}


/* Without the record (NULL) or with what it said. */

static ngx_int_t
ngx_http_sluice_metrics_answer(ngx_http_request_t *r,
                               const ngx_sluice_pg_result_t *result)
{
    ngx_str_t record;

    if (ngx_http_sluice_metrics_record_text(r, result, &record) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_metrics_send(r, &record);
}


static ngx_int_t
ngx_http_sluice_metrics_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_str_t none = ngx_string("");
    ngx_http_sluice_main_conf_t *smcf;

    if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
        return ngx_http_sluice_problem(r, SLUICE_METHOD_NOT_ALLOWED, NULL,
                                       NULL);
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    if (smcf->database == NULL) {
        return ngx_http_sluice_metrics_send(r, &none);
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_sluice_metrics_record_ask(r, ngx_http_sluice_metrics_told)
        != SLUICE_OK) {
        return ngx_http_sluice_metrics_answer(r, NULL);
    }

    r->main->count++;

    return NGX_DONE;
}


static void
ngx_http_sluice_metrics_told(ngx_http_request_t *r, void *data,
                             const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_finish(r, ngx_http_sluice_metrics_answer(r, result));
}


/* configuration */

static void *
ngx_http_sluice_metrics_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_metrics_main_conf_t));
}


static char *
ngx_http_sluice_metrics(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t *clcf;
    ngx_http_sluice_metrics_main_conf_t *mmcf = conf;

    mmcf->file = cf->conf_file->file.name;
    mmcf->line = cf->conf_file->line;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_sluice_metrics_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_sluice_metrics_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_sluice_metrics_main_conf_t *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_http_sluice_metrics_module);

    if (mmcf->file.len && !ngx_http_sluice_zone_configured(cf)) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"sluice_metrics\" has nothing to show: write "
                      "\"sluice_zone <name>:<size>;\" in http, e.g. "
                      "\"sluice_zone sluice:4m;\", or a \"sluice_gate\" in a "
                      "location in %V:%ui",
                      &mmcf->file, mmcf->line);
        return NGX_ERROR;
    }

    return NGX_OK;
}
