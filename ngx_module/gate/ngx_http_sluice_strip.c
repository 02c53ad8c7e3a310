/* What stands behind the gate sees no link that opened it: not in path and
   arguments, nor in both as they came ($request_uri). */

#include "ngx_http_sluice_strip.h"
#include "ngx_http_sluice_carrier.h"

#include "core/grant/cloudfront.h"


static ngx_int_t
ngx_http_sluice_strip_copy(ngx_http_request_t *r)
{
    u_char *p, *end, *next, *dst;
    ngx_str_t arg, args, token;

    args.data = ngx_pnalloc(r->pool, r->args.len);
    if (args.data == NULL) {
        return NGX_ERROR;
    }

    dst = args.data;
    end = r->args.data + r->args.len;

    for (p = r->args.data; p <= end; p = next + 1) {
        next = p < end ? memchr(p, '&', (size_t) (end - p)) : NULL;

        if (next == NULL) {
            next = end;
        }

        arg.data = p;
        arg.len = (size_t) (next - p);

        if (ngx_http_sluice_carrier_arg(&arg, &token)) {
            continue;
        }

        if (p > r->args.data) {
            *dst++ = '&';
        }

        dst = ngx_cpymem(dst, arg.data, arg.len);
    }

    args.len = (size_t) (dst - args.data);
    r->args = args;

    return NGX_OK;
}


/* In front of the others it goes without a copy, and the first one is known
   where nobody has rewritten the arguments. */

static ngx_int_t
ngx_http_sluice_strip_args(ngx_http_request_t *r,
                           ngx_http_sluice_gate_ctx_t *ctx)
{
    u_char *end;
    ngx_str_t token;

    static const size_t name = sizeof("grant=") - 1;

    end = r->args.data + r->args.len;
    token = ctx->link.text;

    while (r->args.len
           && (token.data == r->args.data + name
               || ngx_http_sluice_carrier_arg(&r->args, &token))) {
        r->valid_unparsed_uri = 0;

        if (token.data != r->args.data + name) {
            return ngx_http_sluice_strip_copy(r);
        }

        r->args.data = ngx_min(token.data + token.len + 1, end);
        r->args.len = (size_t) (end - r->args.data);
    }

    return NGX_OK;
}


/* As the client wrote it: nginx would encode fewer characters than clients do,
   and to some applications '+' and %2B are two. */

static ngx_int_t
ngx_http_sluice_strip_unparsed(ngx_http_request_t *r,
                               ngx_http_sluice_gate_ctx_t *ctx)
{
    u_char *p, *end;
    ngx_str_t path;

    end = r->unparsed_uri.data + r->unparsed_uri.len;
    path.data = r->unparsed_uri.data + ctx->path_wire;
    p = memchr(path.data, '?', (size_t) (end - path.data));
    path.len = (size_t) ((p ? p : end) - path.data);

    if (path.len == 0) {
        /* "/~<grant>": the root */
        return NGX_OK;
    }

    if (r->args.len) {
        p = ngx_pnalloc(r->pool, path.len + 1 + r->args.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        end = ngx_cpymem(p, path.data, path.len);
        *end++ = '?';
        end = ngx_cpymem(end, r->args.data, r->args.len);

        path.data = p;
        path.len = (size_t) (end - p);
    }

    r->unparsed_uri = path;
    r->valid_unparsed_uri = 1;

    return NGX_OK;
}


ngx_int_t
ngx_http_sluice_strip_grant(ngx_http_request_t *r,
                            ngx_http_sluice_gate_ctx_t *ctx)
{
    ngx_uint_t path;

    /* it was not rewritten */
    path = r->uri.data == ctx->path.data && r->uri.len == ctx->path.len;

    if (ngx_http_sluice_strip_args(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    return path && !r->valid_unparsed_uri
               ? ngx_http_sluice_strip_unparsed(r, ctx)
               : NGX_OK;
}


/* The signature's parts stand in the query alone; those of cookies go on. */

ngx_int_t
ngx_http_sluice_strip_cloudfront(ngx_http_request_t *r,
                                 ngx_http_sluice_gate_ctx_t *ctx)
{
    size_t len;
    u_char *args;

    if (ctx->link.carrier != NGX_HTTP_SLUICE_CARRIER_QUERY
        || r->args.len == 0) {
        return NGX_OK;
    }

    args = ngx_pnalloc(r->pool, r->args.len);
    if (args == NULL) {
        return NGX_ERROR;
    }

    len = cloudfront_own_query((char *) args, (char *) r->args.data,
                               r->args.len);

    if (len != r->args.len) {
        r->args.data = args;
        r->args.len = len;
        r->valid_unparsed_uri = 0;
    }

    return NGX_OK;
}
