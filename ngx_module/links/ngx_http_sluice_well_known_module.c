/*
 * What others need to check our access tokens: /.well-known/jwks.json, the
 * public halves of our keys (RFC 7517), and what of RFC 8414 applies to an
 * issuer whose tokens come from its own API. Both texts are made when the
 * configuration is read.
 */

#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "core/jose/jwk.h"

#include <jansson.h>


typedef struct {
    ngx_flag_t enable;
    ngx_str_t file; /* where it stands, for messages */
    ngx_uint_t line;
    ngx_str_t keys;     /* JWK Set */
    ngx_str_t metadata; /* RFC 8414 */
} ngx_http_sluice_well_known_loc_conf_t;


static void *ngx_http_sluice_well_known_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_well_known_merge_loc_conf(ngx_conf_t *cf,
                                                       void *parent,
                                                       void *child);
static char *ngx_http_sluice_well_known(ngx_conf_t *cf, ngx_command_t *cmd,
                                        void *conf);


static ngx_command_t ngx_http_sluice_well_known_commands[] = {

    { ngx_string("sluice_well_known"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
      ngx_http_sluice_well_known, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_well_known_module_ctx = {
    NULL, /* preconfiguration */
    NULL, /* postconfiguration */

    NULL, /* create main configuration */
    NULL, /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    ngx_http_sluice_well_known_create_loc_conf, /* create location
                                                   configuration */
    ngx_http_sluice_well_known_merge_loc_conf   /* merge location
                                                   configuration */
};


ngx_module_t ngx_http_sluice_well_known_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_well_known_module_ctx, /* module context */
    ngx_http_sluice_well_known_commands,    /* module directives */
    NGX_HTTP_MODULE,                        /* module type */
    NULL,                                   /* init master */
    NULL,                                   /* init module */
    NULL,                                   /* init process */
    NULL,                                   /* init thread */
    NULL,                                   /* exit thread */
    NULL,                                   /* exit process */
    NULL,                                   /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_uint_t
ngx_http_sluice_well_known_is(ngx_http_request_t *r, const char *name)
{
    size_t len = ngx_strlen(name);

    return r->uri.len == len && ngx_strncmp(r->uri.data, name, len) == 0;
}


static ngx_int_t
ngx_http_sluice_well_known_handler(ngx_http_request_t *r)
{
    ngx_str_t type;
    ngx_http_complex_value_t cv;
    ngx_http_sluice_well_known_loc_conf_t *wlcf;

    static ngx_str_t caching = ngx_string("public, max-age=300");
    static ngx_str_t anyone = ngx_string("*");

    if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_well_known_module);

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));

    if (ngx_http_sluice_well_known_is(r, "/.well-known/jwks.json")) {
        ngx_str_set(&type, "application/jwk-set+json");
        cv.value = wlcf->keys;

    } else if (ngx_http_sluice_well_known_is(
                   r, "/.well-known/oauth-authorization-server")) {
        ngx_str_set(&type, "application/json");
        cv.value = wlcf->metadata;

    } else {
        return NGX_HTTP_NOT_FOUND;
    }

    if (ngx_http_sluice_header(r, "Cache-Control", &caching) != NGX_OK
        || ngx_http_sluice_header(r, "Access-Control-Allow-Origin", &anyone)
               != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_send_response(r, NGX_HTTP_OK, &type, &cv);
}


static void *
ngx_http_sluice_well_known_create_loc_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_well_known_loc_conf_t));
}


/* Into the configuration's memory; `text` is freed. */

static ngx_int_t
ngx_http_sluice_well_known_copy(ngx_conf_t *cf, char *text, ngx_str_t *copy)
{
    if (text == NULL) {
        return NGX_ERROR;
    }

    copy->len = ngx_strlen(text);
    copy->data = ngx_pnalloc(cf->pool, copy->len);

    if (copy->data) {
        ngx_memcpy(copy->data, text, copy->len);
    }

    free(text);

    return copy->data ? NGX_OK : NGX_ERROR;
}


static char *
ngx_http_sluice_well_known_merge_loc_conf(ngx_conf_t *cf, void *parent,
                                          void *child)
{
    ngx_http_sluice_well_known_loc_conf_t *conf = child;

    json_t *metadata;
    ngx_http_sluice_srv_conf_t *sscf;

    if (!conf->enable) {
        return NGX_CONF_OK;
    }

    sscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_sluice_module);

    if (sscf->keys == NULL || sscf->public_url.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"sluice_well_known\" tells whose keys these "
                      "are: " NGX_HTTP_SLUICE_WRITE_KEYS " in %V:%ui",
                      &conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    /* RFC 8414, 2; of what is required, nobody redirects to us for a code */

    metadata = json_pack(
        "{s:s, s:o, s:[], s:[]}", "issuer", sscf->public_url.data, "jwks_uri",
        json_sprintf("%s/.well-known/jwks.json", sscf->public_url.data),
        "response_types_supported", "grant_types_supported");

    if (ngx_http_sluice_well_known_copy(
            cf, metadata ? json_dumps(metadata, JSON_COMPACT) : NULL,
            &conf->metadata)
            != NGX_OK
        || ngx_http_sluice_well_known_copy(cf, jwk_set_public(sscf->keys),
                                           &conf->keys)
               != NGX_OK) {
        json_decref(metadata);
        return NGX_CONF_ERROR;
    }

    json_decref(metadata);

    return NGX_CONF_OK;
}


static char *
ngx_http_sluice_well_known(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_well_known_loc_conf_t *wlcf = conf;

    ngx_http_core_loc_conf_t *clcf;

    if (wlcf->enable) {
        return "is duplicate";
    }

    wlcf->enable = 1;
    wlcf->file = cf->conf_file->file.name;
    wlcf->line = cf->conf_file->line;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_sluice_well_known_handler;

    return NGX_CONF_OK;
}
