/*
 * A grant's word on what an answer is called, and on its type: in front of the
 * filters that go by the type.
 */

#include "ngx_http_sluice_gate.h"
#include "ngx_http_sluice_limits.h"

#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"


static ngx_int_t ngx_http_sluice_limits_naming_init(ngx_conf_t *cf);


static ngx_http_output_header_filter_pt ngx_http_next_header_filter;


static ngx_http_module_t ngx_http_sluice_limits_naming_filter_module_ctx = {
    NULL,                               /* preconfiguration */
    ngx_http_sluice_limits_naming_init, /* postconfiguration */

    NULL, /* create main configuration */
    NULL, /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    NULL, /* create location configuration */
    NULL  /* merge location configuration */
};


ngx_module_t ngx_http_sluice_limits_naming_filter_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_limits_naming_filter_module_ctx, /* module context */
    NULL,                                             /* module directives */
    NGX_HTTP_MODULE,                                  /* module type */
    NULL,                                             /* init master */
    NULL,                                             /* init module */
    NULL,                                             /* init process */
    NULL,                                             /* init thread */
    NULL,                                             /* exit thread */
    NULL,                                             /* exit process */
    NULL,                                             /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_sluice_limits_naming_filter(ngx_http_request_t *r)
{
    u_char *semicolon;
    ngx_str_t *type;
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);

    if (ctx == NULL || ctx->limits == NULL || !ctx->limits->taken || ctx->denied
        || r != r->main
        || (r->headers_out.status != NGX_HTTP_OK
            && r->headers_out.status != NGX_HTTP_PARTIAL_CONTENT)) {
        return ngx_http_next_header_filter(r);
    }

    type = &ctx->limits->type;

    if (type->len) {
        semicolon = ngx_strlchr(type->data, type->data + type->len, ';');

        r->headers_out.content_type = *type;
        r->headers_out.content_type_len =
            semicolon ? (size_t) (semicolon - type->data) : type->len;
        r->headers_out.content_type_lowcase = NULL;
        ngx_str_null(&r->headers_out.charset);
    }

    if (ctx->limits->disposition.len
        && ngx_http_sluice_header_replace(r, "Content-Disposition",
                                          &ctx->limits->disposition)
               != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_sluice_limits_naming_init(ngx_conf_t *cf)
{
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_module);

    if (smcf->gated) {
        ngx_http_next_header_filter = ngx_http_top_header_filter;
        ngx_http_top_header_filter = ngx_http_sluice_limits_naming_filter;
    }

    return NGX_OK;
}
