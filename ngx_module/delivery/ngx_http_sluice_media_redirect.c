#include "ngx_http_sluice_media_redirect.h"

#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/store/ngx_http_sluice_store.h"
#include "core/base/media_type.h"


/* Films and sound, and what people take along. Playlists have relative
   addresses in them, and stay; so do pages and pictures, which are small. */

static const char *
ngx_http_sluice_media_large(ngx_http_request_t *r)
{
    media_kind_t kind;

    kind = media_kind_from_name((char *) r->uri.data, r->uri.len);

    if (kind == MEDIA_VIDEO || kind == MEDIA_AUDIO) {
        return media_type((char *) r->exten.data, r->exten.len);
    }

    return r->exten.len == 3
                   && ngx_strncasecmp(r->exten.data, (u_char *) "zip", 3) == 0
               ? "application/zip"
               : NULL;
}


/* "…/original.mkv", as the worker names what came: the bucket's rules may have
   moved it to an archive. */

ngx_uint_t
ngx_http_sluice_media_is_original(ngx_http_request_t *r)
{
    size_t at;
    static const char begin[] = "/original.";

    for (at = r->uri.len; at > 0 && r->uri.data[at - 1] != '/'; at--) {
        /* void */
    }

    return at > 0 && r->uri.len - at >= sizeof(begin) - 2
           && ngx_memcmp(r->uri.data + at, begin + 1, sizeof(begin) - 2) == 0;
}


ngx_int_t
ngx_http_sluice_media_redirect_to(ngx_http_request_t *r)
{
    int64_t until;
    ngx_int_t rc;
    ngx_str_t url;
    const char *type;
    ngx_http_sluice_store_says_t says;

    static ngx_str_t no_store = ngx_string("no-store");

    if (r != r->main || !(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
        return NGX_DECLINED;
    }

    type = ngx_http_sluice_media_large(r);
    until = type ? ngx_http_sluice_gate_until(r) : 0;

    if (until == 0) {
        return NGX_DECLINED;
    }

    ngx_http_sluice_gate_naming(r, &says.disposition, &says.type);

    if (says.type.len == 0) {
        says.type.data = (u_char *) type;
        says.type.len = ngx_strlen(type);
    }

    rc = ngx_http_sluice_store_url(r, until, &says, &url);

    if (rc == NGX_DECLINED) {
        return NGX_DECLINED;
    }

    if (rc != NGX_OK
        || ngx_http_sluice_header_replace(r, "Cache-Control", &no_store)
               != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.location = ngx_http_sluice_header_push(r, "Location", 8,
                                                          &url);

    return r->headers_out.location ? NGX_HTTP_MOVED_TEMPORARILY
                                   : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


ngx_int_t
ngx_http_sluice_media_redirect(ngx_http_request_t *r)
{
    return ngx_http_sluice_media_is_original(r)
               ? NGX_DECLINED
               : ngx_http_sluice_media_redirect_to(r);
}
