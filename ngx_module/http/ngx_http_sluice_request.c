#include "ngx_http_sluice_request.h"

#include "core/base/text.h"


void
ngx_http_sluice_headers(ngx_http_request_t *r,
                        ngx_http_sluice_headers_t *headers)
{
    headers->part = &r->headers_in.headers.part;
    headers->next = 0;
}


ngx_str_t *
ngx_http_sluice_headers_next(ngx_http_sluice_headers_t *headers,
                             const ngx_str_t *name)
{
    ngx_table_elt_t *h;

    for (/* void */; headers->part; headers->part = headers->part->next) {
        while (headers->next < headers->part->nelts) {
            h = (ngx_table_elt_t *) headers->part->elts + headers->next++;

            if (h->key.len == name->len
                && ngx_memcmp(h->lowcase_key, name->data, name->len) == 0) {
                return &h->value;
            }
        }

        headers->next = 0;
    }

    return NULL;
}


ngx_uint_t
ngx_http_sluice_request_header(ngx_http_request_t *r, const ngx_str_t *name,
                               ngx_str_t *value)
{
    ngx_str_t *found;
    ngx_uint_t n;
    ngx_http_sluice_headers_t headers;

    ngx_http_sluice_headers(r, &headers);

    for (n = 0; (found = ngx_http_sluice_headers_next(&headers, name)); n++) {
        if (n == 0) {
            *value = *found;
        }
    }

    return n;
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


static ngx_uint_t
ngx_http_sluice_request_blank(u_char c)
{
    return c == ' ' || c == '\t';
}


/* RFC 6265, 4.2.1: name=value, or name="value"; 1 when it has this name. */

static ngx_uint_t
ngx_http_sluice_request_pair(u_char *p, u_char *end, const ngx_str_t *name,
                             ngx_str_t *value)
{
    while (p < end && ngx_http_sluice_request_blank(*p)) {
        p++;
    }

    while (end > p && ngx_http_sluice_request_blank(end[-1])) {
        end--;
    }

    if ((size_t) (end - p) <= name->len || p[name->len] != '='
        || ngx_strncasecmp(p, name->data, name->len) != 0) {
        return 0;
    }

    p += name->len + 1;

    if (end - p >= 2 && *p == '"' && end[-1] == '"') {
        p++;
        end--;
    }

    value->data = p;
    value->len = (size_t) (end - p);

    return 1;
}


ngx_uint_t
ngx_http_sluice_request_cookie(ngx_http_request_t *r, const ngx_str_t *name,
                               ngx_uint_t nth, ngx_str_t *value)
{
    u_char *p, *end, *last;
    ngx_str_t *line;
    ngx_uint_t found;
    ngx_http_sluice_headers_t headers;

    static const ngx_str_t cookie = ngx_string("cookie");

    found = 0;
    ngx_http_sluice_headers(r, &headers);

    while ((line = ngx_http_sluice_headers_next(&headers, &cookie))) {
        last = line->data + line->len;

        for (p = line->data; p < last; p = end + 1) {
            end = ngx_strlchr(p, last, ';');

            if (end == NULL) {
                end = last;
            }

            if (ngx_http_sluice_request_pair(p, end, name, value)
                && found++ == nth) {
                return found;
            }
        }
    }

    return found;
}
