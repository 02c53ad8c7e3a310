#include "ngx_http_sluice_request.h"

#include "core/base/text.h"


ngx_uint_t
ngx_http_sluice_request_header(ngx_http_request_t *r, const ngx_str_t *name,
                               ngx_str_t *value)
{
    ngx_uint_t i, found;
    ngx_list_part_t *part;
    ngx_table_elt_t *h;

    found = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == name->len
                && ngx_memcmp(h[i].lowcase_key, name->data, name->len) == 0
                && found++ == 0) {
                *value = h[i].value;
            }
        }
    }

    return found;
}


/* '+' is a blank, as forms send it; then percent-decoding */

ngx_int_t
ngx_http_sluice_request_decode(ngx_http_request_t *r, ngx_str_t *value)
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

    return text_is_clean((char *) value->data, value->len) ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_sluice_request_arg(ngx_http_request_t *r, const char *name,
                            ngx_str_t *value)
{
    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), value) != NGX_OK) {
        ngx_str_null(value);
        return NGX_DECLINED;
    }

    return ngx_http_sluice_request_decode(r, value);
}
