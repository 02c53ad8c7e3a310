#include "ngx_http_sluice_gate.h"
#include "ngx_http_sluice_limits.h"

#include "ngx_module/zone/ngx_http_sluice_meter.h"


/* What others send, nobody counts here: neither for a month, nor as a stream.
   Of whom the record has not told yet, nothing is known. */

static ngx_uint_t
ngx_http_sluice_elsewhere_free(const ngx_http_sluice_gate_ctx_t *ctx)
{
    meter_limits_t limits;

    if (!ctx->metered) {
        return 1;
    }

    ngx_http_sluice_meter_limits(&ctx->payer, &limits);

    return limits.free && limits.streams == 0;
}


int64_t
ngx_http_sluice_gate_until(ngx_http_request_t *r)
{
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);

    return ctx && (ctx->link_passed || ctx->access.role) && !ctx->here
                   && ngx_http_sluice_elsewhere_free(ctx)
               ? ctx->until
               : 0;
}


void
ngx_http_sluice_gate_naming(ngx_http_request_t *r, ngx_str_t *disposition,
                            ngx_str_t *type)
{
    ngx_http_sluice_gate_ctx_t *ctx;

    ngx_str_null(disposition);
    ngx_str_null(type);

    ctx = ngx_http_sluice_gate_find_ctx(r);

    if (ctx && ctx->limits && ctx->limits->taken) {
        *disposition = ctx->limits->disposition;
        *type = ctx->limits->type;
    }
}
