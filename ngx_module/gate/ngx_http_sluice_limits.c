#include "ngx_http_sluice_share.h"
#include "ngx_http_sluice_gate.h"
#include "ngx_http_sluice_limits.h"

#include "ngx_module/http/ngx_http_sluice_access.h"
#include "core/base/status.h"
#include "core/grant/disposition.h"
#include "core/grant/grant.h"
#include "core/table/token_table.h"


/* Taken at first for a request that does not say how much it wants: small
   answers need no second round trip then, and little is kept from others. */
#define NGX_HTTP_SLUICE_LIMITS_BYTES (64 * 1024)
#define NGX_HTTP_SLUICE_LIMITS_RANGE (16 * 1024 * 1024) /* of a range */

/* bytes per second; nginx multiplies it by the seconds that an answer takes */
#define NGX_HTTP_SLUICE_LIMITS_RATE ((uint64_t) 1 << 40)


static ngx_int_t ngx_http_sluice_limits_create(ngx_http_request_t *r,
                                               ngx_http_sluice_gate_ctx_t *ctx,
                                               const grant_t *grant,
                                               const ngx_str_t *token,
                                               ngx_uint_t offline);
static ngx_http_sluice_share_t *
ngx_http_sluice_limits_share(ngx_http_request_t *r, u_char kind,
                             const grant_t *grant, uint64_t limit,
                             const ngx_str_t *token);
static ngx_int_t ngx_http_sluice_limits_answer(ngx_http_request_t *r,
                                               ngx_http_sluice_limits_t *limits,
                                               const grant_t *grant);
static ngx_int_t ngx_http_sluice_limits_ask(ngx_http_request_t *r,
                                            ngx_http_sluice_share_t *share,
                                            uint64_t want);
static void ngx_http_sluice_limits_told(ngx_http_sluice_share_t *share);
static uint64_t ngx_http_sluice_limits_want(ngx_http_request_t *r);


/* NGX_OK, and in the verdict why not (`none`: nothing is left), or NGX_AGAIN */

static ngx_int_t
ngx_http_sluice_limits_have(ngx_http_request_t *r,
                            ngx_http_sluice_share_t *share, uint64_t want,
                            sluice_status_t none, sluice_status_t *verdict)
{
    if (share->left == 0 && !share->told
        && ngx_http_sluice_limits_ask(r, share, want) == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (share->left == 0) {
        *verdict = share->status != SLUICE_OK ? share->status : none;
    }

    return NGX_OK;
}


/*
 * Bytes first: what was taken of them is given back when the request ends, and
 * so no use is lost on a grant without bytes.
 */

ngx_int_t
ngx_http_sluice_limits_take(ngx_http_request_t *r,
                            ngx_http_sluice_gate_ctx_t *ctx,
                            const grant_t *grant, const ngx_str_t *token,
                            ngx_uint_t offline, sluice_status_t *verdict)
{
    uint64_t want;
    ngx_http_sluice_limits_t *limits;

    *verdict = SLUICE_OK;

    if (ctx->limits == NULL
        && ngx_http_sluice_limits_create(r, ctx, grant, token, offline)
               != NGX_OK) {
        *verdict = SLUICE_INTERNAL;
        return NGX_OK;
    }

    limits = ctx->limits;

    if (limits->taken) {
        /* it was let pass before an internal redirect */
        return NGX_OK;
    }

    want = ngx_http_sluice_limits_want(r);

    if (limits->bytes && want
        && ngx_http_sluice_limits_have(r, limits->bytes, want,
                                       SLUICE_GRANT_BUDGET, verdict)
               == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (*verdict == SLUICE_OK && limits->uses
        && ngx_http_sluice_limits_have(r, limits->uses, 1, SLUICE_GRANT_USED,
                                       verdict)
               == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (*verdict != SLUICE_OK) {
        return NGX_OK;
    }

    if (limits->uses) {
        limits->uses->left = 0;
    }

    limits->taken = 1;

    if (grant->limits & GRANT_RATE) {
        r->limit_rate = (size_t) ngx_min(grant->rate,
                                         NGX_HTTP_SLUICE_LIMITS_RATE);
        r->limit_rate_set = 1;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sluice_limits_create(ngx_http_request_t *r,
                              ngx_http_sluice_gate_ctx_t *ctx,
                              const grant_t *grant, const ngx_str_t *token,
                              ngx_uint_t offline)
{
    ngx_http_sluice_limits_t *limits;

    limits = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_limits_t));
    if (limits == NULL) {
        return NGX_ERROR;
    }

    if (grant->limits & GRANT_USES) {
        limits->uses = ngx_http_sluice_limits_share(r, 'u', grant, grant->uses,
                                                    token);
        if (limits->uses == NULL) {
            return NGX_ERROR;
        }

        limits->uses->alone = (offline == NGX_HTTP_SLUICE_OFFLINE_ALLOW);
        limits->uses->final = 1;
    }

    if (grant->limits & GRANT_BYTES) {
        limits->bytes = ngx_http_sluice_limits_share(r, 'b', grant,
                                                     grant->bytes, token);
        if (limits->bytes == NULL) {
            return NGX_ERROR;
        }

        limits->bytes->alone = (offline != NGX_HTTP_SLUICE_OFFLINE_DENY);
    }

    ctx->limits = limits;

    return ngx_http_sluice_limits_answer(r, limits, grant);
}


/* Counted under the grant's jti, a grant without one under its signature, as
   one of its user's. */

static ngx_http_sluice_share_t *
ngx_http_sluice_limits_share(ngx_http_request_t *r, u_char kind,
                             const grant_t *grant, uint64_t limit,
                             const ngx_str_t *token)
{
    u_char *p;
    ngx_str_t id, owner;

    owner.data = (u_char *) grant_text(grant, grant->sub);
    owner.len = grant->sub.len;

    id.data = (u_char *) grant_text(grant, grant->jti);
    id.len = grant->jti.len;

    if (id.len == 0) {
        p = memrchr(token->data, '.', token->len);
        id.data = p + 1;
        id.len = (size_t) (token->data + token->len - id.data);
    }

    return ngx_http_sluice_share_create(r, kind, &id, &owner, limit,
                                        grant->exp);
}


static ngx_int_t
ngx_http_sluice_limits_answer(ngx_http_request_t *r,
                              ngx_http_sluice_limits_t *limits,
                              const grant_t *grant)
{
    const char *name;
    ngx_str_t *type;

    if (grant->filename.len) {
        name = grant_text(grant, grant->filename);

        limits->disposition.data = ngx_pnalloc(
            r->pool, disposition_size(grant->filename.len));
        if (limits->disposition.data == NULL) {
            return NGX_ERROR;
        }

        limits->disposition.len = disposition_attachment(
            (char *) limits->disposition.data, name, grant->filename.len);
    }

    if (grant->type.len) {
        type = &limits->type;
        type->len = grant->type.len;
        type->data = ngx_pnalloc(r->pool, type->len);
        if (type->data == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(type->data, grant_text(grant, grant->type), type->len);
    }

    return NGX_OK;
}


/* NGX_OK: told at once; NGX_AGAIN: the access phase waits */

static ngx_int_t
ngx_http_sluice_limits_ask(ngx_http_request_t *r,
                           ngx_http_sluice_share_t *share, uint64_t want)
{
    share->handler = ngx_http_sluice_limits_told;
    share->told = 1;

    if (ngx_http_sluice_share_take(share, want) == NGX_OK) {
        return NGX_OK;
    }

    ngx_http_sluice_access_wait(r);

    return NGX_AGAIN;
}


static void
ngx_http_sluice_limits_told(ngx_http_sluice_share_t *share)
{
    ngx_http_sluice_access_resume(share->request);
}


/* The length of a closed range (RFC 9110, 14.1.2), which is what players ask
   for; nothing where no body is sent. */

static uint64_t
ngx_http_sluice_limits_want(ngx_http_request_t *r)
{
    u_char *p, *end, *dash;
    off_t first, last;
    ngx_str_t *range;

    if (r->method == NGX_HTTP_HEAD) {
        return 0;
    }

    if (r->headers_in.range == NULL) {
        return NGX_HTTP_SLUICE_LIMITS_BYTES;
    }

    range = &r->headers_in.range->value;
    p = range->data;
    end = p + range->len;

    if (range->len <= 6 || ngx_strncasecmp(p, (u_char *) "bytes=", 6) != 0) {
        return NGX_HTTP_SLUICE_LIMITS_BYTES;
    }

    p += 6;
    dash = ngx_strlchr(p, end, '-');

    if (dash == NULL) {
        return NGX_HTTP_SLUICE_LIMITS_BYTES;
    }

    first = ngx_atoof(p, (size_t) (dash - p));
    last = ngx_atoof(dash + 1, (size_t) (end - dash - 1));

    if (first == NGX_ERROR || last == NGX_ERROR || last < first
        || last - first >= NGX_HTTP_SLUICE_LIMITS_RANGE) {
        return NGX_HTTP_SLUICE_LIMITS_BYTES;
    }

    return (uint64_t) (last - first + 1);
}
