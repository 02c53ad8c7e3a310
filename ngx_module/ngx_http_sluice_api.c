/* What the API's endpoints share: arguments, a call into SQL, an answer. */

#include "ngx_http_sluice.h"
#include "ngx_http_sluice_revocation.h"


static ngx_int_t ngx_http_sluice_api_refuse(ngx_http_request_t *r,
                                            json_t *body);


/* '+' is a blank, as forms send it; then percent-decoding, in new memory */

ngx_int_t
ngx_http_sluice_decode(ngx_http_request_t *r, ngx_str_t *value)
{
    size_t i;
    u_char *src, *dst, *p;

    src = ngx_pnalloc(r->pool, value->len * 2 + 1);
    if (src == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < value->len; i++) {
        src[i] = value->data[i] == '+' ? ' ' : value->data[i];
    }

    dst = p = src + value->len;

    ngx_unescape_uri(&p, &src, value->len, 0);

    value->data = dst;
    value->len = (size_t) (p - dst);

    for (i = 0; i < value->len; i++) {
        if (dst[i] < 0x20 || dst[i] == 0x7f) {
            return NGX_ERROR;
        }
    }

    return ngx_http_sluice_utf8(value) ? NGX_OK : NGX_ERROR;
}


ngx_uint_t
ngx_http_sluice_utf8(ngx_str_t *text)
{
    json_t *string;

    string = json_stringn((char *) text->data, text->len);
    json_decref(string);

    return string != NULL;
}


ngx_int_t
ngx_http_sluice_arg(ngx_http_request_t *r, const char *name, ngx_str_t *value)
{
    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), value) != NGX_OK) {
        ngx_str_null(value);
        return NGX_DECLINED;
    }

    return ngx_http_sluice_decode(r, value);
}


ngx_int_t
ngx_http_sluice_api_submit(ngx_http_request_t *r,
                           const ngx_sluice_pg_statement_t *call, json_t *args,
                           ngx_http_sluice_row_pt handler, void *data)
{
    char *text;
    ngx_int_t rc;
    ngx_str_t params[2];
    ngx_http_sluice_ctx_t *ctx;

    ctx = ngx_http_sluice_find_ctx(r);

    text = args ? json_dumps(args, JSON_COMPACT) : NULL;
    json_decref(args);

    if (text == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    params[0].data = (u_char *) ctx->access.sub;
    params[0].len = UUID_TEXT_LEN;
    params[1].data = (u_char *) text;
    params[1].len = ngx_strlen(text);

    rc = ngx_http_sluice_query(r, call, params, handler, data);
    free(text);

    return rc;
}


json_t *
ngx_http_sluice_api_body(const ngx_sluice_pg_result_t *result)
{
    ngx_str_t text;

    if (result->status != SLUICE_OK
        || ngx_sluice_pg_value(result, 0, 1, &text) != NGX_OK) {
        return NULL;
    }

    return json_loadb((char *) text.data, text.len, 0, NULL);
}


ngx_int_t
ngx_http_sluice_api_answer(ngx_http_request_t *r,
                           const ngx_sluice_pg_result_t *result,
                           ngx_uint_t sign)
{
    json_t *body;
    ngx_int_t status;
    ngx_str_t value;

    if (result->status != SLUICE_OK) {
        return ngx_http_sluice_problem(r, result->status, NULL, NULL);
    }

    if (ngx_sluice_pg_value(result, 0, 0, &value) != NGX_OK) {
        return ngx_http_sluice_problem(r, SLUICE_INTERNAL, NULL, NULL);
    }

    status = ngx_atoi(value.data, value.len);

    if (ngx_sluice_pg_value(result, 0, 1, &value) != NGX_OK) {
        return ngx_http_sluice_json(r, (ngx_uint_t) status, &value);
    }

    body = json_loadb((char *) value.data, value.len, 0, NULL);

    if (body == NULL) {
        return ngx_http_sluice_problem(r, SLUICE_INTERNAL, NULL, NULL);
    }

    if (status >= NGX_HTTP_BAD_REQUEST) {
        return ngx_http_sluice_api_refuse(r, body);
    }

    ngx_http_sluice_revocation_publish(r, json_object_get(body, "revoked"));
    (void) json_object_del(body, "revoked");

    ngx_http_sluice_news(r, body);

    if (status == NGX_HTTP_NO_CONTENT) {
        json_decref(body);
        ngx_str_null(&value);
        return ngx_http_sluice_json(r, (ngx_uint_t) status, &value);
    }

    if (sign && ngx_http_sluice_sign_links(r, body) != NGX_OK) {
        json_decref(body);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_json_value(r, (ngx_uint_t) status, body);
}


/* {"problem": "not-found", "detail": …, "field": …}: the word decides */

static ngx_int_t
ngx_http_sluice_api_refuse(ngx_http_request_t *r, json_t *body)
{
    ngx_int_t rc;
    const char *word;

    word = json_string_value(json_object_get(body, "problem"));

    rc = ngx_http_sluice_problem(
        r, word ? status_from_word(word, ngx_strlen(word)) : SLUICE_INTERNAL,
        json_string_value(json_object_get(body, "detail")),
        json_string_value(json_object_get(body, "field")));
    json_decref(body);

    return rc;
}
