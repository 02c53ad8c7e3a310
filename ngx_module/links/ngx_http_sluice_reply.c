#include "ngx_http_sluice_reply.h"
#include "ngx_http_sluice_sign_urls.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_deny.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_notify.h"
#include "ngx_module/zone/ngx_http_sluice_revocation.h"
#include "core/base/status.h"

#include <jansson.h>


/* {"problem": "not-found", "detail": …, "field": …}: the word decides; seconds
   in `retry_after` and `max_age` become headers */

static ngx_int_t
ngx_http_sluice_reply_refuse(ngx_http_request_t *r, json_t *body)
{
    ngx_int_t rc;
    const char *word;
    sluice_status_t status;
    ngx_http_sluice_more_t more;

    word = json_string_value(json_object_get(body, "problem"));
    ngx_memzero(&more, sizeof(ngx_http_sluice_more_t));
    more.max_age = json_integer_value(json_object_get(body, "max_age"));
    more.retry_after = json_integer_value(json_object_get(body, "retry_after"));

    status = word ? status_from_word(word, ngx_strlen(word)) : SLUICE_INTERNAL;
    ngx_http_sluice_deny_note(ngx_http_sluice_gate_ctx(r), status);

    rc = ngx_http_sluice_problem_more(
        r, status, json_string_value(json_object_get(body, "detail")),
        json_string_value(json_object_get(body, "field")), &more);
    json_decref(body);

    return rc;
}


/* The body with a tag where it is what a GET gets, or has a version. */

static ngx_int_t
ngx_http_sluice_reply_body(ngx_http_request_t *r, ngx_uint_t status,
                           json_t *body)
{
    ngx_int_t rc;
    json_t *version;

    version = json_incref(json_object_get(body, "etag"));
    (void) json_object_del(body, "etag");

    rc = version || (r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))
             ? ngx_http_sluice_json_tagged(r, status, body,
                                           json_string_value(version))
             : ngx_http_sluice_json_value(r, status, body);
    json_decref(version);

    return rc;
}


ngx_int_t
ngx_http_sluice_reply_read(ngx_http_request_t *r,
                           const ngx_sluice_pg_result_t *result,
                           ngx_uint_t *status, json_t **body)
{
    ngx_int_t code;
    ngx_str_t value;

    *body = NULL;

    if (result->status != SLUICE_OK) {
        return ngx_http_sluice_problem(r, result->status, NULL, NULL);
    }

    if (ngx_sluice_pg_value(result, 0, 0, &value) != NGX_OK) {
        return ngx_http_sluice_problem(r, SLUICE_INTERNAL, NULL, NULL);
    }

    code = ngx_atoi(value.data, value.len);
    *status = (ngx_uint_t) code;

    if (ngx_sluice_pg_value(result, 0, 1, &value) != NGX_OK) {
        return NGX_DECLINED;
    }

    *body = json_loadb((char *) value.data, value.len, 0, NULL);

    if (code == NGX_ERROR || *body == NULL) {
        json_decref(*body);
        return ngx_http_sluice_problem(r, SLUICE_INTERNAL, NULL, NULL);
    }

    ngx_http_sluice_revocation_publish(r, json_object_get(*body, "revoked"));
    (void) json_object_del(*body, "revoked");

    if (code >= NGX_HTTP_BAD_REQUEST) {
        return ngx_http_sluice_reply_refuse(r, *body);
    }

    ngx_http_sluice_notify(r, *body);

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_sluice_reply_send(ngx_http_request_t *r, ngx_uint_t status,
                           json_t *body, ngx_uint_t sign)
{
    ngx_str_t nothing = ngx_null_string;

    if (body == NULL || status == NGX_HTTP_NO_CONTENT) {
        json_decref(body);
        return ngx_http_sluice_json(r, status, &nothing);
    }

    if (sign && ngx_http_sluice_sign_urls(r, body) != NGX_OK) {
        json_decref(body);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_reply_body(r, status, body);
}


ngx_int_t
ngx_http_sluice_reply(ngx_http_request_t *r,
                      const ngx_sluice_pg_result_t *result, ngx_uint_t sign)
{
    json_t *body;
    ngx_int_t rc;
    ngx_uint_t status;

    rc = ngx_http_sluice_reply_read(r, result, &status, &body);

    return rc == NGX_DECLINED
               ? ngx_http_sluice_reply_send(r, status, body, sign)
               : rc;
}
