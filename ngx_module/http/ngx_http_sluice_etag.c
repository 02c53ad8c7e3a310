#include "ngx_http_sluice_etag.h"
#include "ngx_http_sluice_request.h"

#include "core/base/etag.h"
#include "core/base/status.h"
#include "core/base/text.h"
#include "core/jose/base64url.h"

#include <jansson.h>
#include <openssl/evp.h>


#define NGX_HTTP_SLUICE_ETAG_DIGEST 15 /* bytes: 20 letters */


/* All headers of this name, in lower case, as one list: they may come in
   several lines (5.3). NGX_DECLINED when there is none. */

static ngx_int_t
ngx_http_sluice_etag_list(ngx_http_request_t *r, const ngx_str_t *name,
                          ngx_str_t *list)
{
    u_char *p;
    ngx_str_t *value;
    ngx_http_sluice_headers_t headers;

    list->len = 0;
    ngx_http_sluice_headers(r, &headers);

    while ((value = ngx_http_sluice_headers_next(&headers, name))) {
        list->len += value->len + 1;
    }

    if (list->len == 0) {
        return NGX_DECLINED;
    }

    list->data = p = ngx_pnalloc(r->pool, list->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_http_sluice_headers(r, &headers);

    while ((value = ngx_http_sluice_headers_next(&headers, name))) {
        p = ngx_cpymem(p, value->data, value->len);
        *p++ = ',';
    }

    list->len--;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_sluice_etag_is_any(const ngx_str_t *list)
{
    return list->len == 1 && list->data[0] == '*';
}


ngx_int_t
ngx_http_sluice_etag_make(ngx_http_request_t *r, const char *version,
                          const ngx_str_t *body, ngx_str_t *etag)
{
    u_char digest[EVP_MAX_MD_SIZE], *p;
    size_t len;

    len = version ? ngx_strlen(version) + 1 : 0;

    p = ngx_pnalloc(r->pool,
                    len + 2 * NGX_HTTP_SLUICE_ETAG_DIGEST + sizeof("\"\""));

    if (p == NULL
        || EVP_Digest(body->data, body->len, digest, NULL, EVP_sha256(), NULL)
               != 1) {
        return NGX_ERROR;
    }

    etag->data = p;

    *p++ = '"';
    p = version ? ngx_sprintf(p, "%s.", version) : p;
    p += base64url_encode((char *) p, digest, NGX_HTTP_SLUICE_ETAG_DIGEST);
    *p++ = '"';

    etag->len = (size_t) (p - etag->data);

    return NGX_OK;
}


/* Whether headers of this name list the tag, which may be NULL: then "*" alone
   does. With `strong` weak ones do not count (8.8.3.2). */

static ngx_uint_t
ngx_http_sluice_etag_listed(ngx_http_request_t *r, const ngx_str_t *name,
                            const ngx_str_t *etag, ngx_uint_t strong)
{
    const char *p, *end;
    etag_t known;
    ngx_str_t list;

    if (ngx_http_sluice_etag_list(r, name, &list) != NGX_OK) {
        return 0;
    }

    if (ngx_http_sluice_etag_is_any(&list)) {
        return 1;
    }

    p = (const char *) list.data;
    end = p + list.len;

    while (etag && etag_next(&p, end, &known) == 1) {
        if (!(strong && known.weak) && known.len == etag->len - 2
            && ngx_memcmp(known.tag, etag->data + 1, known.len) == 0) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_http_sluice_etag_known(ngx_http_request_t *r, const ngx_str_t *etag)
{
    static const ngx_str_t name = ngx_string("if-none-match");

    return (r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))
           && ngx_http_sluice_etag_listed(r, &name, etag, 0);
}


ngx_uint_t
ngx_http_sluice_etag_met(ngx_http_request_t *r, const ngx_str_t *etag)
{
    static const ngx_str_t name = ngx_string("if-match");

    return ngx_http_sluice_etag_listed(r, &name, etag, 1);
}


sluice_status_t
ngx_http_sluice_etag_if_match(ngx_http_request_t *r, json_t *args)
{
    int rc;
    const char *p, *end, *dot;
    etag_t etag;
    json_t *versions;
    ngx_str_t list;
    ngx_int_t found;

    static const ngx_str_t name = ngx_string("if-match");

    found = ngx_http_sluice_etag_list(r, &name, &list);

    if (found == NGX_ERROR) {
        return SLUICE_INTERNAL;
    }

    if (found == NGX_DECLINED || ngx_http_sluice_etag_is_any(&list)) {
        return json_object_set_new(args, "if_match", json_null()) == 0
                   ? SLUICE_OK
                   : SLUICE_INTERNAL;
    }

    versions = json_array();
    p = (const char *) list.data;
    end = p + list.len;

    while ((rc = etag_next(&p, end, &etag)) == 1) {
        dot = memchr(etag.tag, '.', etag.len);

        /* a weak one never matches (13.1.1), nor does what is none of ours */
        if (!etag.weak && dot && text_is_clean(etag.tag, etag.len)) {
            (void) json_array_append_new(
                versions, json_stringn(etag.tag, (size_t) (dot - etag.tag)));
        }
    }

    if (rc == -1) {
        json_decref(versions);
        return SLUICE_HEADER_INVALID;
    }

    return json_object_set_new(args, "if_match", versions) == 0
               ? SLUICE_OK
               : SLUICE_INTERNAL;
}
