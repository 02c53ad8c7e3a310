#include "ngx_http_sluice_reply.h"
#include "ngx_http_sluice_revoke.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_request.h"
#include "core/base/status.h"
#include "core/grant/link_id.h"

#include <jansson.h>


static ngx_sluice_pg_statement_t ngx_http_sluice_revoke_link = {
    "revoke_link",
    "select status, body from api.revoke_link($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_KEEP
};


static void
ngx_http_sluice_revoke_done(ngx_http_request_t *r, void *data,
                            const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_finish(r, ngx_http_sluice_reply(r, result, 0));
}


ngx_int_t
ngx_http_sluice_revoke_handler(ngx_http_request_t *r)
{
    json_t *args;
    int64_t exp;
    ngx_int_t rc;
    ngx_str_t jti, until;
    ngx_http_sluice_gate_ctx_t *ctx;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);
    ctx = ngx_http_sluice_gate_find_ctx(r);

    jti.data = r->uri.data + sizeof("/api/links/") - 1;
    jti.len = (size_t) (r->uri.data + r->uri.len - jti.data);

    if (ngx_http_sluice_request_arg(r, "expires_at", &until) == NGX_ERROR) {
        return ngx_http_sluice_problem(
            r, SLUICE_FIELD_INVALID, "This is not clean UTF-8.", "expires_at");
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    args = json_pack(
        "{s:s%, s:b}", "jti", jti.data, jti.len, "own",
        link_id_owner(sscf->keys, (char *) jti.data, jti.len, ctx->access.sub));

    exp = link_id_exp(sscf->keys, (char *) jti.data, jti.len);

    if ((exp != -1 && json_object_set_new(args, "exp", json_integer(exp)) != 0)
        || (until.data
            && json_object_set_new(args, "expires_at",
                                   json_stringn((char *) until.data, until.len))
                   != 0)) {
        json_decref(args);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->main->count++;

    ngx_http_sluice_finish(
        r,
        ngx_http_sluice_call(r, &ngx_http_sluice_revoke_link, ctx->access.sub,
                             args, ngx_http_sluice_revoke_done, NULL));
    return NGX_DONE;
}
