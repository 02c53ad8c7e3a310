#include "ngx_http_sluice_gate.h"


ngx_http_sluice_gate_ctx_t *
ngx_http_sluice_gate_ctx(ngx_http_request_t *r)
{
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_context_find(r, &ngx_http_sluice_gate_module);

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


ngx_int_t
ngx_http_sluice_gate_note(ngx_http_request_t *r,
                          ngx_http_sluice_gate_ctx_t *ctx, const grant_t *grant)
{
    u_char *p;

    if (ctx->link_passed && ctx->link_user.len == grant->sub.len) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, (size_t) grant->jti.len + grant->sub.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ctx->link_id.data = p;
    ctx->link_id.len = grant->jti.len;
    p = ngx_cpymem(p, grant_text(grant, grant->jti), grant->jti.len);

    ctx->link_user.data = p;
    ctx->link_user.len = grant->sub.len;
    ngx_memcpy(p, grant_text(grant, grant->sub), grant->sub.len);

    return NGX_OK;
}
