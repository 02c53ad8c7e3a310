#include "ngx_http_sluice_provision.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/gate/ngx_http_sluice_issuer.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "ngx_module/links/ngx_http_sluice_reply.h"
#include "ngx_module/zone/ngx_http_sluice_revocation.h"
#include "core/base/status.h"
#include "core/base/uuid.h"
#include "core/grant/access.h"
#include "core/grant/issuer.h"

#include <jansson.h>


/* tokens that this process has done it for */
#define NGX_HTTP_SLUICE_PROVISIONED 1024


/* What the row was made from; two tokens of one second and role are one. */

typedef struct {
    char sub[UUID_TEXT_SIZE];
    role_t role;
    int64_t iat, exp;
} ngx_http_sluice_provisioned_t;


typedef struct {
    ngx_http_handler_pt handler;
} ngx_http_sluice_provision_t;


static void
ngx_http_sluice_provision_answer(ngx_http_request_t *r, void *data,
                                 const ngx_sluice_pg_result_t *result);


static ngx_sluice_pg_statement_t ngx_http_sluice_provision_user = {
    "provision_user",
    "select status, body "
    "from api.provision_user($1::uuid, $2, $3, $4, $5, $6, $7)",
    7, NGX_SLUICE_PG_FINISH
};


/* this process's: a user's tokens share a place */
static ngx_http_sluice_provisioned_t
    ngx_http_sluice_provisioned[NGX_HTTP_SLUICE_PROVISIONED];


static ngx_http_sluice_provisioned_t *
ngx_http_sluice_provision_place(const access_t *access)
{
    ngx_int_t hash;

    /* the UUID is a hash, and begins with eight hex digits of it */
    hash = ngx_hextoi((u_char *) access->sub, 8);

    return &ngx_http_sluice_provisioned[(ngx_uint_t) hash
                                        % NGX_HTTP_SLUICE_PROVISIONED];
}


static ngx_uint_t
ngx_http_sluice_provision_done(const access_t *access)
{
    ngx_http_sluice_provisioned_t *provisioned;

    provisioned = ngx_http_sluice_provision_place(access);

    return ngx_strcmp(provisioned->sub, access->sub) == 0
           && provisioned->role == access->role
           && provisioned->iat == access->iat
           && provisioned->exp == access->exp;
}


static void
ngx_http_sluice_provision_text(ngx_str_t *param, const char *text)
{
    param->data = (u_char *) text;
    param->len = text ? ngx_strlen(text) : 0;
}


static ngx_int_t
ngx_http_sluice_provision_submit(ngx_http_request_t *r, const issuer_t *issuer,
                                 const json_t *claims,
                                 ngx_http_sluice_provision_t *provision)
{
    u_char issued[NGX_INT64_LEN];
    ngx_str_t params[7];
    issuer_person_t person;
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);

    issuer_person(claims, &person);

    ngx_http_sluice_provision_text(&params[0], ctx->access.sub);
    ngx_http_sluice_provision_text(&params[1], issuer->url);
    ngx_http_sluice_provision_text(&params[2], person.subject);
    ngx_http_sluice_provision_text(&params[3], person.email);
    ngx_http_sluice_provision_text(&params[4], person.name);
    ngx_http_sluice_provision_text(&params[5], role_name(ctx->access.role));

    params[6].data = issued;
    params[6].len = (size_t) (ngx_sprintf(issued, "%L", ctx->access.iat)
                              - issued);

    return ngx_http_sluice_query(r, &ngx_http_sluice_provision_user, params,
                                 ngx_http_sluice_provision_answer, provision);
}


ngx_int_t
ngx_http_sluice_provision(ngx_http_request_t *r, ngx_http_handler_pt handler)
{
    json_t *claims;
    ngx_int_t rc;
    const issuer_t *issuer;
    sluice_status_t status;
    ngx_http_sluice_gate_ctx_t *ctx;
    ngx_http_sluice_provision_t *provision;

    ctx = ngx_http_sluice_gate_find_ctx(r);

    if (ngx_http_sluice_provision_done(&ctx->access)) {
        return NGX_DECLINED;
    }

    provision = ngx_palloc(r->pool, sizeof(ngx_http_sluice_provision_t));
    if (provision == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    provision->handler = handler;

    status = ngx_http_sluice_issuer_claims(r, &ctx->user, &issuer, &claims);
    if (status != SLUICE_OK) {
        return ngx_http_sluice_problem(r, status, NULL, NULL);
    }

    r->main->count++;

    rc = ngx_http_sluice_provision_submit(r, issuer, claims, provision);
    json_decref(claims);

    ngx_http_sluice_finish(r, rc);

    return NGX_DONE;
}


/* With a role goes what was made for it. */

static void
ngx_http_sluice_provision_revoked(ngx_http_request_t *r,
                                  const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_str_t text;

    if (ngx_sluice_pg_value(result, 0, 1, &text) != NGX_OK) {
        return;
    }

    body = json_loadb((char *) text.data, text.len, 0, NULL);
    ngx_http_sluice_revocation_publish(r, json_object_get(body, "revoked"));
    json_decref(body);
}


static void
ngx_http_sluice_provision_answer(ngx_http_request_t *r, void *data,
                                 const ngx_sluice_pg_result_t *result)
{
    ngx_str_t status;
    const access_t *access;
    ngx_http_sluice_provision_t *provision = data;
    ngx_http_sluice_provisioned_t *provisioned;

    if (result->status != SLUICE_OK
        || ngx_sluice_pg_value(result, 0, 0, &status) != NGX_OK
        || ngx_atoi(status.data, status.len) != NGX_HTTP_OK) {
        ngx_http_sluice_finish(r, ngx_http_sluice_reply(r, result, 0));
        return;
    }

    ngx_http_sluice_provision_revoked(r, result);

    access = ngx_http_sluice_gate_access(r);

    provisioned = ngx_http_sluice_provision_place(access);
    ngx_memcpy(provisioned->sub, access->sub, UUID_TEXT_SIZE);
    provisioned->role = access->role;
    provisioned->iat = access->iat;
    provisioned->exp = access->exp;

    /* what goes on has counted for itself */
    ngx_http_finalize_request(r, provision->handler(r));
}
