#include "ngx_http_sluice_fair.h"
#include "ngx_http_sluice_gate_conf.h"
#include "ngx_http_sluice_stream.h"

#include "ngx_module/zone/ngx_http_sluice_meter.h"
#include "core/grant/grant.h"


#define NGX_HTTP_SLUICE_FAIR_AGAIN 5 /* s: a stream may have ended */


/* What it says of whose it is: once for each token that is remembered. */

static void
ngx_http_sluice_fair_payer(token_t *token)
{
    ngx_str_t user;

    if (token->kind == TOKEN_GRANT) {
        user.data = (u_char *) grant_text(&token->u.grant, token->u.grant.sub);
        user.len = token->u.grant.sub.len;

    } else {
        user.data = (u_char *) token->u.access.sub;
        user.len = ngx_strlen(token->u.access.sub);
    }

    if (ngx_http_sluice_meter_user(&user, &token->payer) != NGX_OK) {
        ngx_memzero(&token->payer, sizeof(meter_user_t));
    }

    token->payer_read = 1;
}


/* A link that names no session is a device of its own. */

static ngx_str_t
ngx_http_sluice_fair_session(const token_t *token)
{
    ngx_str_t session;
    const grant_t *grant = &token->u.grant;

    if (token->kind != TOKEN_GRANT) {
        session.data = (u_char *) token->u.access.sid;
        session.len = ngx_strlen(token->u.access.sid);

    } else if (grant->sid.len) {
        session.data = (u_char *) grant_text(grant, grant->sid);
        session.len = grant->sid.len;

    } else {
        session.data = (u_char *) grant_text(grant, grant->jti);
        session.len = grant->jti.len;
    }

    return session;
}


static ngx_int_t
ngx_http_sluice_fair_stream(ngx_http_request_t *r,
                            ngx_http_sluice_gate_ctx_t *ctx, token_t *token,
                            uint32_t limit, sluice_status_t *verdict)
{
    ngx_str_t session;
    ngx_http_sluice_gate_conf_t *glcf;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_gate_module);
    session = ngx_http_sluice_fair_session(token);
    ctx->retry_after = NGX_HTTP_SLUICE_FAIR_AGAIN;

    return ngx_http_sluice_stream_take(r, ctx, limit, &session, glcf->offline,
                                       verdict);
}


ngx_int_t
ngx_http_sluice_fair(ngx_http_request_t *r, ngx_http_sluice_gate_ctx_t *ctx,
                     token_t *token, sluice_status_t *verdict)
{
    meter_limits_t limits;
    ngx_http_sluice_gate_conf_t *glcf;

    *verdict = SLUICE_OK;
    ctx->metered = 0;

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_gate_module);

    /* what says itself whom it lets pass, as the API does, is no delivery */

    if (!glcf->meters || glcf->least) {
        return NGX_OK;
    }

    if (!token->payer_read) {
        ngx_http_sluice_fair_payer(token);
    }

    if (token->payer.word[0] == 0) {
        return NGX_OK;
    }

    ctx->payer = token->payer;
    ngx_http_sluice_meter_limits(&ctx->payer, &limits);

    if (limits.over) {
        *verdict = SLUICE_TRANSFER_EXCEEDED;
        ctx->retry_after = limits.over - ngx_time();
        return NGX_OK;
    }

    ctx->metered = 1;

    return limits.streams && ngx_http_sluice_stream_is(r)
               ? ngx_http_sluice_fair_stream(r, ctx, token, limits.streams,
                                             verdict)
               : NGX_OK;
}


/* Bodies as they went out: what a client that left has not got, does not
   count. */

ngx_int_t
ngx_http_sluice_fair_log(ngx_http_request_t *r)
{
    off_t bytes;
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);

    if (ctx == NULL || !ctx->metered) {
        return NGX_OK;
    }

    bytes = r->connection->sent - (off_t) r->header_size;

    if (bytes > 0) {
        ngx_http_sluice_meter_add(&ctx->payer, bytes);
    }

    return NGX_OK;
}
