#include "ngx_http_sluice_gate.h"


ngx_http_sluice_gate_ctx_t *
ngx_http_sluice_gate_ctx(ngx_http_request_t *r)
{
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);

    if (ctx == NULL) {
        ctx = ngx_http_sluice_context_make(r, &ngx_http_sluice_gate_module,
                                           sizeof(ngx_http_sluice_gate_ctx_t));
        if (ctx) {
            ctx->path = r->uri;
        }
    }

    return ctx;
}


const access_t *
ngx_http_sluice_gate_access(ngx_http_request_t *r)
{
    ngx_http_sluice_gate_ctx_t *ctx;

    static const access_t nobody;

    ctx = ngx_http_sluice_gate_find_ctx(r);

    return ctx ? &ctx->access : &nobody;
}
