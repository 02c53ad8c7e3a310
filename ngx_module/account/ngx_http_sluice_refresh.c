#include "ngx_http_sluice_refresh.h"
#include "ngx_http_sluice_facts.h"
#include "ngx_http_sluice_session.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_cross_site.h"
#include "ngx_module/gate/ngx_http_sluice_deny.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_body.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "core/account/refresh.h"
#include "core/base/sha256.h"
#include "core/base/status.h"

#include <jansson.h>


/* Tokens of before 0.1.0: 32 random bytes, which the record knows by their
   SHA-256. Each is exchanged at its next use. */
#define NGX_HTTP_SLUICE_REFRESH_OLD 43


static ngx_sluice_pg_statement_t ngx_http_sluice_refresh_statement = {
    "refresh_session",
    "select status, body from api.refresh_session($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_FINISH
};


static void
ngx_http_sluice_refresh_done(ngx_http_request_t *r, void *data,
                             const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_finish(
        r, ngx_http_sluice_session_reply(r, result, data != NULL, NULL));
}


/* What the record is asked by: NGX_DECLINED when it is no token of ours. */

static ngx_int_t
ngx_http_sluice_refresh_args(ngx_http_request_t *r, const ngx_str_t *token,
                             json_t *args)
{
    u_char hex[2 * SHA256_SIZE];
    sha256_t sha;
    refresh_t refresh;
    unsigned char digest[SHA256_SIZE];
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    if (token->len == NGX_HTTP_SLUICE_REFRESH_OLD) {
        sha256_init(&sha);
        sha256_update(&sha, token->data, token->len);
        sha256_digest(&sha, digest);
        (void) ngx_hex_dump(hex, digest, sizeof(digest));

        return json_object_set_new(args, "digest",
                                   json_stringn((char *) hex, sizeof(hex)))
                       == 0
                   ? NGX_OK
                   : NGX_ERROR;
    }

    if (refresh_read(sscf->keys, (char *) token->data, token->len, &refresh)
        != 0) {
        return NGX_DECLINED;
    }

    return json_object_update_new(args, json_pack("{s:s, s:I}", "session",
                                                  refresh.session, "refreshes",
                                                  (json_int_t) refresh.count))
                   == 0
               ? NGX_OK
               : NGX_ERROR;
}


/* `cookies`: its successor comes in one. */

static ngx_int_t
ngx_http_sluice_refresh_by(ngx_http_request_t *r, const ngx_str_t *token,
                           ngx_uint_t cookies)
{
    json_t *args;
    ngx_int_t rc;

    args = json_pack("{s:{}}", "nginx");
    rc = ngx_http_sluice_facts_session(r, json_object_get(args, "nginx"));
    rc = rc == NGX_DECLINED ? ngx_http_sluice_refresh_args(r, token, args) : rc;

    if (rc == NGX_OK) {
        return ngx_http_sluice_call(r, &ngx_http_sluice_refresh_statement, "",
                                    args, ngx_http_sluice_refresh_done,
                                    cookies ? r : NULL);
    }

    json_decref(args);

    if (rc == NGX_DECLINED) {
        ngx_http_sluice_deny_note(ngx_http_sluice_gate_ctx(r),
                                  SLUICE_TOKEN_INVALID);
    }

    return rc == NGX_DECLINED ? ngx_http_sluice_problem(
               r, SLUICE_TOKEN_INVALID, "This is not a refresh token.", NULL)
                              : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* A token in the body is a program's. Without one it is the browser's, whose
   cookie comes along, for our own pages alone: what a foreign one asks does not
   come here, and one that may ask has a token of its own. */

static ngx_int_t
ngx_http_sluice_refresh_ask(ngx_http_request_t *r)
{
    int cookies = 0;
    json_t *body;
    ngx_int_t rc;
    ngx_str_t token;

    rc = ngx_http_sluice_body_json(r, &body);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (json_object_get(body, "refresh_token") == NULL
        && ngx_http_sluice_page(r, NULL) == NGX_HTTP_SLUICE_PAGE_OWN
        && ngx_http_sluice_session_refresh(r, &token)) {
        json_decref(body);
        return ngx_http_sluice_refresh_by(r, &token, 1);
    }

    rc = ngx_http_sluice_body_field(r, body, "refresh_token", REFRESH_LEN,
                                    &token);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_sluice_body_flag(r, body, "cookies", &cookies);
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_http_sluice_refresh_by(r, &token, (ngx_uint_t) cookies);
    }

    json_decref(body);

    return rc;
}


ngx_int_t
ngx_http_sluice_refresh_handler(ngx_http_request_t *r)
{
    return ngx_http_sluice_body_read(r, ngx_http_sluice_refresh_ask);
}
