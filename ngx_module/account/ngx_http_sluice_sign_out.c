#include "ngx_http_sluice_session.h"
#include "ngx_http_sluice_sign_out.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "ngx_module/links/ngx_http_sluice_reply.h"
#include "core/base/status.h"
#include "core/base/uuid.h"


static ngx_sluice_pg_statement_t ngx_http_sluice_sign_out_statement = {
    "end_session",
    "select status, body from api.end_session($1::uuid, $2, $3::integer)", 3,
    NGX_SLUICE_PG_KEEP
};


static void
ngx_http_sluice_sign_out_done(ngx_http_request_t *r, void *data,
                              const ngx_sluice_pg_result_t *result)
{
    ngx_int_t rc;

    if (result->status != SLUICE_OK) {
        rc = ngx_http_sluice_problem(r, result->status, NULL, NULL);

    } else if (ngx_http_sluice_session_forget(r) != NGX_OK) {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else {
        rc = ngx_http_sluice_reply(r, result, 0);
    }

    ngx_http_sluice_finish(r, rc);
}


ngx_int_t
ngx_http_sluice_sign_out_handler(ngx_http_request_t *r)
{
    u_char signs[NGX_TIME_T_LEN];
    ngx_int_t rc;
    ngx_str_t params[3];
    ngx_str_t nothing = ngx_null_string;
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);

    params[0].data = (u_char *) ctx->access.sub;
    params[0].len = UUID_TEXT_LEN;
    params[1].data = (u_char *) ctx->access.sid;
    params[1].len = ngx_strlen(ctx->access.sid);

    params[2].data = signs;
    params[2].len = (size_t) (ngx_sprintf(signs, "%T",
                                          ngx_http_sluice_session_signs(r))
                              - signs);

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
        r, ngx_http_sluice_query(r, &ngx_http_sluice_sign_out_statement, params,
                                 ngx_http_sluice_sign_out_done, NULL));
    return NGX_DONE;
}
