/* What the API's endpoints share: a location, a body, arguments, an answer. */

#include "ngx_http_sluice.h"


#define NGX_HTTP_SLUICE_JSON_MAX 65536


static void ngx_http_sluice_body_read(ngx_http_request_t *r);
static ngx_int_t ngx_http_sluice_api_refuse(ngx_http_request_t *r,
                                            json_t *body);


/*
 * Bodies are bounded by the handlers, which answer with a problem; nginx's own
 * bound, which would answer first, is taken away unless the operator set one.
 */

char *
ngx_http_sluice_api_location(ngx_conf_t *cf)
{
    ngx_http_core_loc_conf_t *clcf;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_module);

    if (smcf->database == NULL) {
        return "needs a database: write \"sluice_database <conninfo>;\" in "
               "http, above this server";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    clcf->handler = ngx_http_sluice_api_handler;

    if (clcf->client_max_body_size == NGX_CONF_UNSET) {
        clcf->client_max_body_size = 0;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_sluice_with_body(ngx_http_request_t *r, ngx_http_handler_pt handler)
{
    ngx_int_t rc;
    ngx_http_sluice_ctx_t *ctx;

    if (r->headers_in.content_length_n > NGX_HTTP_SLUICE_JSON_MAX) {
        return ngx_http_sluice_problem(r, SLUICE_TOO_LARGE,
                                       "A JSON body may have 64 KiB.", NULL);
    }

    ctx = ngx_http_sluice_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->body = handler;

    rc = ngx_http_read_client_request_body(r, ngx_http_sluice_body_read);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


static void
ngx_http_sluice_body_read(ngx_http_request_t *r)
{
    ngx_http_sluice_ctx_t *ctx;

    ctx = ngx_http_sluice_find_ctx(r);

    ngx_http_sluice_finish(r, ctx->body(r));
}


ngx_int_t
ngx_http_sluice_read_json(ngx_http_request_t *r, json_t **body)
{
    char detail[JSON_ERROR_TEXT_LENGTH + 64];
    u_char *buf, *p;
    size_t len;
    json_error_t error;
    ngx_chain_t *cl;

    len = 0;

    for (cl = r->request_body ? r->request_body->bufs : NULL; cl;
         cl = cl->next) {
        if (cl->buf->in_file) {
            len = NGX_HTTP_SLUICE_JSON_MAX + 1;
            break;
        }

        len += (size_t) (cl->buf->last - cl->buf->pos);
    }

    if (len > NGX_HTTP_SLUICE_JSON_MAX) {
        return ngx_http_sluice_problem(r, SLUICE_TOO_LARGE,
                                       "A JSON body may have 64 KiB.", NULL);
    }

    if (len == 0) {
        *body = json_object();
        return *body ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    buf = ngx_pnalloc(r->pool, len);
    if (buf == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (p = buf, cl = r->request_body->bufs; cl; cl = cl->next) {
        p = ngx_cpymem(p, cl->buf->pos, cl->buf->last - cl->buf->pos);
    }

    *body = json_loadb((char *) buf, len, JSON_REJECT_DUPLICATES, &error);

    if (*body == NULL) {
        (void) ngx_snprintf((u_char *) detail, sizeof(detail),
                            "line %d, column %d: %s%Z", error.line,
                            error.column, error.text);
        return ngx_http_sluice_problem(r, SLUICE_BODY_INVALID, detail, NULL);
    }

    if (!json_is_object(*body)) {
        json_decref(*body);
        return ngx_http_sluice_problem(r, SLUICE_BODY_INVALID,
                                       "The body must be a JSON object.", NULL);
    }

    return NGX_DECLINED;
}


/* '+' is a blank, as forms send it; then percent-decoding, in new memory */

ngx_int_t
ngx_http_sluice_decode(ngx_http_request_t *r, ngx_str_t *value)
{
    size_t i;
    u_char *src, *dst, *p;
    json_t *text;

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

    text = json_stringn((char *) dst, value->len);
    if (text == NULL) {
        return NGX_ERROR;
    }

    json_decref(text);

    return NGX_OK;
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
