#include "ngx_http_sluice_challenge.h"
#include "ngx_http_sluice_continue.h"
#include "ngx_http_sluice_facts.h"
#include "ngx_http_sluice_need.h"
#include "ngx_http_sluice_session.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_deny.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_body.h"
#include "core/account/challenge.h"
#include "core/base/status.h"

#include <jansson.h>


static ngx_sluice_pg_statement_t ngx_http_sluice_continue_statement = {
    "answer_challenge",
    "select status, body from api.answer_challenge($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_FINISH
};


/* What the sign-in was asked for counts, whatever stands here. */

static ngx_int_t
ngx_http_sluice_continue_args(ngx_http_request_t *r, json_t *args)
{
    int cookies = 0;
    json_t *half, *facts;
    ngx_int_t rc;
    ngx_str_t text;

    rc = ngx_http_sluice_body_field(r, args, "challenge", CHALLENGE_LEN, &text);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    half = ngx_http_sluice_challenge_facts(r, &text, &cookies);

    if (half == NULL) {
        ngx_http_sluice_deny_note(ngx_http_sluice_gate_ctx(r),
                                  SLUICE_CHALLENGE_INVALID);
        return ngx_http_sluice_problem(r, SLUICE_CHALLENGE_INVALID, NULL, NULL);
    }

    facts = json_object();

    if (json_object_set_new(facts, "challenge", half) != 0
        || json_object_set_new(args, "nginx", facts) != 0
        || json_object_set_new(args, "cookies", json_boolean(cookies)) != 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) json_object_del(args, "challenge");

    return ngx_http_sluice_facts_session(r, facts);
}


static ngx_int_t
ngx_http_sluice_continue_ask(ngx_http_request_t *r)
{
    json_t *body;
    ngx_int_t rc;

    rc = ngx_http_sluice_body_json(r, &body);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_sluice_continue_args(r, body);

    if (rc != NGX_DECLINED) {
        json_decref(body);
        return rc;
    }

    return ngx_http_sluice_need_call(
        r, &ngx_http_sluice_continue_statement, "", body,
        NGX_HTTP_SLUICE_NEED_CODES | NGX_HTTP_SLUICE_NEED_PASSKEY_HALF);
}


ngx_int_t
ngx_http_sluice_continue_handler(ngx_http_request_t *r)
{
    return ngx_http_sluice_body_read(r, ngx_http_sluice_continue_ask);
}
