#include "ngx_http_sluice_cross_site.h"

#include "ngx_module/http/ngx_http_sluice_request.h"
#include "core/base/origin.h"


static ngx_uint_t
ngx_http_sluice_cross_site_same(const ngx_str_t *a, const ngx_str_t *b)
{
    return origin_same((char *) a->data, a->len, (char *) b->data, b->len);
}


static ngx_uint_t
ngx_http_sluice_cross_site_listed(const ngx_str_t *origin,
                                  const ngx_array_t *allowed)
{
    ngx_uint_t i;
    ngx_str_t *listed;

    listed = allowed->elts;

    for (i = 0; i < allowed->nelts; i++) {
        if (ngx_http_sluice_cross_site_same(origin, &listed[i])) {
            return 1;
        }
    }

    return 0;
}


ngx_http_sluice_page_t
ngx_http_sluice_page(ngx_http_request_t *r, const ngx_array_t *allowed)
{
    ngx_str_t site, origin;
    ngx_uint_t own, page;
    ngx_http_sluice_srv_conf_t *sscf;

    static const ngx_str_t site_name = ngx_string("sec-fetch-site");
    static const ngx_str_t origin_name = ngx_string("origin");

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    page = ngx_http_sluice_request_header(r, &origin_name, &origin);

    if (ngx_http_sluice_request_header(r, &site_name, &site)) {
        own = ngx_strcmp(site.data, "same-origin") == 0
              || ngx_strcmp(site.data, "none") == 0;
    } else {
        own = !page
              || ngx_http_sluice_cross_site_same(&origin, &sscf->public_url);
    }

    return own ? NGX_HTTP_SLUICE_PAGE_OWN
           : page && allowed
                   && ngx_http_sluice_cross_site_listed(&origin, allowed)
               ? NGX_HTTP_SLUICE_PAGE_ALLOWED
               : NGX_HTTP_SLUICE_PAGE_FOREIGN;
}


ngx_uint_t
ngx_http_sluice_cross_site(ngx_http_request_t *r)
{
    if ((r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD | NGX_HTTP_OPTIONS))
        && r->headers_in.upgrade == NULL) {
        return 0;
    }

    return ngx_http_sluice_page(r, NULL) != NGX_HTTP_SLUICE_PAGE_OWN;
}
