#include "ngx_http_sluice_refresh.h"
#include "ngx_http_sluice_session.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_body.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#include <jansson.h>


static ngx_sluice_pg_statement_t ngx_http_sluice_refresh_statement = {
    "refresh_session",
    "select id, email, name, role, session, issued "
    "from api.refresh_session(decode($1, 'hex'), $2::integer)",
    2, NGX_SLUICE_PG_FINISH
};


static void
ngx_http_sluice_refresh_done(ngx_http_request_t *r, void *data,
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

    if (ngx_http_sluice_session_user(r, result, login) != NGX_OK
        || ngx_sluice_pg_value(result, 0, 4, &sid) != NGX_OK
        || ngx_http_sluice_session_issued(result, 5, login) != NGX_OK) {
        ngx_http_sluice_finish(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ngx_memcpy(login->sid, sid.data, UUID_TEXT_LEN);

    ngx_http_sluice_finish(
        r, ngx_http_sluice_session_answer(r, login, NGX_HTTP_OK));
}


static ngx_int_t
ngx_http_sluice_refresh_ask(ngx_http_request_t *r)
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

    return ngx_http_sluice_query(r, &ngx_http_sluice_refresh_statement, params,
                                 ngx_http_sluice_refresh_done, login);
}


ngx_int_t
ngx_http_sluice_refresh_handler(ngx_http_request_t *r)
{
    return ngx_http_sluice_body_read(r, ngx_http_sluice_refresh_ask);
}
