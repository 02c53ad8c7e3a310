/*
 * Pages of other origins: their browsers ask beforehand (a preflight, which has
 * no credential and is answered before the gate), and show them only what an
 * answer says they may see. So whatever leaves a location says it, refusals,
 * too: a player must see whether to ask for a new link or to give up.
 *
 * A listed origin may use the browser's cookies for what changes nothing. For
 * changes it brings a token of its own: ngx_http_sluice_cross_site.h.
 */

#include "ngx_http_sluice_cors.h"
#include "ngx_http_sluice_cors_conf.h"

#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_request.h"
#include "core/base/origin.h"


/* Chromium remembers a preflight no longer than two hours. */
#define NGX_HTTP_SLUICE_CORS_MAX_AGE "7200"


static void *ngx_http_sluice_cors_create_main_conf(ngx_conf_t *cf);
static ngx_int_t ngx_http_sluice_cors_init(ngx_conf_t *cf);


static ngx_http_output_header_filter_pt ngx_http_next_header_filter;


static ngx_command_t ngx_http_sluice_cors_commands[] = {

    { ngx_string("sluice_cors"),
      NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF
          | NGX_CONF_1MORE,
      ngx_http_sluice_cors_set, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_cors_filter_module_ctx = {
    NULL,                      /* preconfiguration */
    ngx_http_sluice_cors_init, /* postconfiguration */

    ngx_http_sluice_cors_create_main_conf, /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    ngx_http_sluice_cors_create_conf, /* create location configuration */
    ngx_http_sluice_cors_merge_conf   /* merge location configuration */
};


ngx_module_t ngx_http_sluice_cors_filter_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_cors_filter_module_ctx, /* module context */
    ngx_http_sluice_cors_commands,           /* module directives */
    NGX_HTTP_MODULE,                         /* module type */
    NULL,                                    /* init master */
    NULL,                                    /* init module */
    NULL,                                    /* init process */
    NULL,                                    /* init thread */
    NULL,                                    /* exit thread */
    NULL,                                    /* exit process */
    NULL,                                    /* exit master */
    NGX_MODULE_V1_PADDING
};


const ngx_array_t *
ngx_http_sluice_cors_origins(ngx_http_request_t *r)
{
    ngx_http_sluice_cors_conf_t *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_cors_filter_module);

    return conf->origins;
}


static ngx_uint_t
ngx_http_sluice_cors_preflight(ngx_http_request_t *r)
{
    ngx_str_t value;

    static const ngx_str_t origin = ngx_string("origin");
    static const ngx_str_t method = ngx_string("access-control-request-method");

    return r->method == NGX_HTTP_OPTIONS
           && ngx_http_sluice_request_header(r, &origin, &value)
           && ngx_http_sluice_request_header(r, &method, &value);
}


/* In the access phase, in front of the gate and of nginx's own. */

static ngx_int_t
ngx_http_sluice_cors_handler(ngx_http_request_t *r)
{
    ngx_str_t nothing = ngx_null_string;
    ngx_http_sluice_cors_conf_t *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_cors_filter_module);

    if (!conf->enable || !ngx_http_sluice_cors_preflight(r)) {
        return NGX_DECLINED;
    }

    ngx_http_finalize_request(
        r, ngx_http_sluice_json(r, NGX_HTTP_NO_CONTENT, &nothing));
    return NGX_DONE;
}


/* The one of the list that asks: what an answer names is what the operator
   wrote, never what a client did. NULL: none of them. */

static ngx_str_t *
ngx_http_sluice_cors_find(ngx_http_request_t *r,
                          ngx_http_sluice_cors_conf_t *conf)
{
    ngx_str_t origin, *listed;
    ngx_uint_t i;

    static const ngx_str_t name = ngx_string("origin");

    if (ngx_http_sluice_request_header(r, &name, &origin) != 1) {
        return NULL;
    }

    listed = conf->origins->elts;

    for (i = 0; i < conf->origins->nelts; i++) {
        if (origin_same((char *) origin.data, origin.len,
                        (char *) listed[i].data, listed[i].len)) {
            return &listed[i];
        }
    }

    return NULL;
}


static ngx_str_t ngx_http_sluice_cors_origin = ngx_string("Origin");


/* An application behind us may have said something else; and nginx sends a
   header twice when it makes a page of 416 of its own. */

static void
ngx_http_sluice_cors_clear(ngx_http_request_t *r)
{
    ngx_uint_t i;
    ngx_list_part_t *part;
    ngx_table_elt_t *h;

    static const ngx_str_t ours = ngx_string("Access-Control-");
    static const ngx_str_t timing = ngx_string("Timing-Allow-Origin");
    static const ngx_str_t resource = ngx_string(
        "Cross-Origin-Resource-Policy");

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if ((h[i].key.len > ours.len
                 && ngx_strncasecmp(h[i].key.data, ours.data, ours.len) == 0)
                || (h[i].key.len == timing.len
                    && ngx_strncasecmp(h[i].key.data, timing.data, timing.len)
                           == 0)
                || (h[i].key.len == resource.len
                    && ngx_strncasecmp(h[i].key.data, resource.data,
                                       resource.len)
                           == 0)
                || h[i].value.data == ngx_http_sluice_cors_origin.data) {
                h[i].hash = 0;
            }
        }
    }
}


/* What the browser asked for before it asks. */

static ngx_int_t
ngx_http_sluice_cors_allow(ngx_http_request_t *r,
                           ngx_http_sluice_cors_conf_t *conf)
{
    static ngx_str_t age = ngx_string(NGX_HTTP_SLUICE_CORS_MAX_AGE);

    return ngx_http_sluice_header(r, "Access-Control-Allow-Methods",
                                  &conf->methods)
                       != NGX_OK
                   || ngx_http_sluice_header(r, "Access-Control-Allow-Headers",
                                             &conf->headers)
                          != NGX_OK
                   || ngx_http_sluice_header(r, "Access-Control-Max-Age", &age)
                          != NGX_OK
               ? NGX_ERROR
               : NGX_OK;
}


static ngx_int_t
ngx_http_sluice_cors_say(ngx_http_request_t *r,
                         ngx_http_sluice_cors_conf_t *conf, ngx_str_t *origin)
{
    static ngx_str_t yes = ngx_string("true");
    static ngx_str_t cross_origin = ngx_string("cross-origin");

    if (ngx_http_sluice_header(r, "Access-Control-Allow-Origin", origin)
            != NGX_OK
        || ngx_http_sluice_header(r, "Timing-Allow-Origin", origin) != NGX_OK
        || ngx_http_sluice_header(r, "Cross-Origin-Resource-Policy",
                                  &cross_origin)
               != NGX_OK
        || (!conf->any
            && ngx_http_sluice_header(r, "Access-Control-Allow-Credentials",
                                      &yes)
                   != NGX_OK)) {
        return NGX_ERROR;
    }

    return ngx_http_sluice_cors_preflight(r)
               ? ngx_http_sluice_cors_allow(r, conf)
               : ngx_http_sluice_header(r, "Access-Control-Expose-Headers",
                                        &conf->exposed);
}


static ngx_int_t
ngx_http_sluice_cors_filter(ngx_http_request_t *r)
{
    ngx_str_t *origin;
    ngx_http_sluice_cors_conf_t *conf;

    static ngx_str_t any = ngx_string("*");

    conf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_cors_filter_module);

    if (!conf->enable || r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    ngx_http_sluice_cors_clear(r);

    origin = conf->any ? &any : ngx_http_sluice_cors_find(r, conf);

    if ((!conf->any
         && ngx_http_sluice_header(r, "Vary", &ngx_http_sluice_cors_origin)
                != NGX_OK)
        || (origin && ngx_http_sluice_cors_say(r, conf, origin) != NGX_OK)) {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


/* configuration */

void
ngx_http_sluice_cors_serves(ngx_conf_t *cf, ngx_uint_t what)
{
    ngx_http_sluice_cors_conf_t *conf;

    conf = ngx_http_conf_get_module_loc_conf(
        cf, ngx_http_sluice_cors_filter_module);
    conf->what |= what;
}


static void *
ngx_http_sluice_cors_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_cors_main_conf_t));
}


static ngx_int_t
ngx_http_sluice_cors_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt *h;
    ngx_http_core_main_conf_t *cmcf;
    ngx_http_sluice_cors_main_conf_t *ccmcf;

    ccmcf = ngx_http_conf_get_module_main_conf(
        cf, ngx_http_sluice_cors_filter_module);

    if (!ccmcf->used) {
        return NGX_OK;
    }

    /* those that come last are asked first */

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_ACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_sluice_cors_handler;

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_sluice_cors_filter;

    return NGX_OK;
}
