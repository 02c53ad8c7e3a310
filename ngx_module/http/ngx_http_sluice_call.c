/* What the API's endpoints share: arguments, and a call into SQL. */

#include "ngx_http_sluice_call.h"
#include "ngx_http_sluice_wait.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#include <jansson.h>


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
ngx_http_sluice_call(ngx_http_request_t *r,
                     const ngx_sluice_pg_statement_t *call, const char *actor,
                     json_t *args, ngx_http_sluice_row_pt handler, void *data)
{
    char *text;
    ngx_int_t rc;
    ngx_str_t params[2];

    text = args ? json_dumps(args, JSON_COMPACT) : NULL;
    json_decref(args);

    if (text == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    params[0].data = (u_char *) actor;
    params[0].len = UUID_TEXT_LEN;
    params[1].data = (u_char *) text;
    params[1].len = ngx_strlen(text);

    rc = ngx_http_sluice_query(r, call, params, handler, data);
    free(text);

    return rc;
}


json_t *
ngx_http_sluice_call_body(const ngx_sluice_pg_result_t *result)
{
    ngx_str_t text;

    if (result->status != SLUICE_OK
        || ngx_sluice_pg_value(result, 0, 1, &text) != NGX_OK) {
        return NULL;
    }

    return json_loadb((char *) text.data, text.len, 0, NULL);
}
