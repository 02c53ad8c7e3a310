/* A session that is there: new tokens for it, and its end. */

#include "ngx_http_sluice_session.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_body.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "ngx_module/links/ngx_http_sluice_reply.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#include <jansson.h>


static ngx_int_t ngx_http_sluice_refresh(ngx_http_request_t *r);
static void ngx_http_sluice_refreshed(ngx_http_request_t *r, void *data,
                                      const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_signed_out(ngx_http_request_t *r, void *data,
                                       const ngx_sluice_pg_result_t *result);


static ngx_sluice_pg_statement_t ngx_http_sluice_refresh_session = {
    "refresh_session",
    "select id, email, name, role, session, issued "
    "from api.refresh_session(decode($1, 'hex'), $2::integer)",
    2, 0
};

static ngx_sluice_pg_statement_t ngx_http_sluice_end_session = {
    "end_session",
    "select status, body from api.end_session($1::uuid, $2, $3::integer)", 3, 0
};


/* POST /api/sessions/refresh {"refresh_token": …} */

ngx_int_t
ngx_http_sluice_refresh_handler(ngx_http_request_t *r)
{
    return ngx_http_sluice_body_read(r, ngx_http_sluice_refresh);
}


static ngx_int_t
ngx_http_sluice_refresh(ngx_http_request_t *r)
{
    json_t *body;
    u_char signs[NGX_INT_T_LEN];
    ngx_int_t rc;
    ngx_str_t token, params[2];
    ngx_http_sluice_login_t *login;

    login = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_login_t));
    if (login == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_sluice_body_json(r, &body);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_sluice_body_field(r, body, "refresh_token",
                                    NGX_HTTP_SLUICE_REFRESH_LEN, &token);
    json_decref(body);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (token.len != NGX_HTTP_SLUICE_REFRESH_LEN) {
        return ngx_http_sluice_problem(r, SLUICE_TOKEN_INVALID,
                                       "This is not a refresh token.", NULL);
    }

    ngx_memcpy(login->refresh, token.data, token.len);

    if (ngx_http_sluice_session_digest(r, login->refresh, token.len, &params[0])
        != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_sluice_session_signs(r, signs, &params[1]);

    return ngx_http_sluice_query(r, &ngx_http_sluice_refresh_session, params,
                                 ngx_http_sluice_refreshed, login);
}


static void
ngx_http_sluice_refreshed(ngx_http_request_t *r, void *data,
                          const ngx_sluice_pg_result_t *result)
{
    ngx_int_t rc;
    ngx_str_t sid;
    ngx_http_sluice_login_t *login = data;

    if (result->status != SLUICE_OK || result->rows == 0) {
        rc = ngx_http_sluice_problem(
            r,
            result->status != SLUICE_OK ? result->status : SLUICE_TOKEN_INVALID,
            result->rows ? NULL : "The session has ended: sign in again.",
            NULL);
        ngx_http_sluice_finish(r, rc);
        return;
    }

    if (ngx_http_sluice_session_row(r, result, 0, &login->id) != NGX_OK
        || ngx_http_sluice_session_row(r, result, 1, &login->email) != NGX_OK
        || ngx_http_sluice_session_row(r, result, 2, &login->name) != NGX_OK
        || ngx_http_sluice_session_row(r, result, 3, &login->role) != NGX_OK
        || ngx_http_sluice_session_row(r, result, 4, &sid) != NGX_OK
        || ngx_http_sluice_session_issued(result, 5, login) != NGX_OK) {
        ngx_http_sluice_finish(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ngx_memcpy(login->sid, sid.data, UUID_TEXT_LEN);

    ngx_http_sluice_finish(
        r, ngx_http_sluice_session_answer(r, login, NGX_HTTP_OK));
}


/* DELETE /api/sessions/current */

ngx_int_t
ngx_http_sluice_sign_out_handler(ngx_http_request_t *r)
{
    u_char signs[NGX_INT_T_LEN];
    ngx_int_t rc;
    ngx_str_t params[3];
    ngx_str_t nothing = ngx_null_string;
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);

    params[0].data = (u_char *) ctx->access.sub;
    params[0].len = UUID_TEXT_LEN;
    params[1].data = (u_char *) ctx->access.sid;
    params[1].len = ngx_strlen(ctx->access.sid);

    ngx_http_sluice_session_signs(r, signs, &params[2]);

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx->access.foreign) {
        /* its session is its issuer's to end */
        return ngx_http_sluice_json(r, NGX_HTTP_NO_CONTENT, &nothing);
    }

    r->main->count++;

    ngx_http_sluice_finish(
        r, ngx_http_sluice_query(r, &ngx_http_sluice_end_session, params,
                                 ngx_http_sluice_signed_out, NULL));
    return NGX_DONE;
}


static void
ngx_http_sluice_signed_out(ngx_http_request_t *r, void *data,
                           const ngx_sluice_pg_result_t *result)
{
    ngx_int_t rc;

    if (result->status != SLUICE_OK) {
        rc = ngx_http_sluice_problem(r, result->status, NULL, NULL);

    } else if (ngx_http_sluice_session_cookie(r, "", 0) != NGX_OK) {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else {
        rc = ngx_http_sluice_reply(r, result, 0);
    }

    ngx_http_sluice_finish(r, rc);
}
