/* Whose page asked (security of cookies): a browser sends them along from
   anywhere, so what is changed with them must be asked for by our own page. */

#ifndef NGX_HTTP_SLUICE_CROSS_SITE_H
#define NGX_HTTP_SLUICE_CROSS_SITE_H

#include "ngx_module/http/ngx_http_sluice.h"

/* Whose page it was, by Sec-Fetch-Site (Fetch Metadata), and by Origin against
   sluice_public_url where the browser does not send that. */
typedef enum {
    NGX_HTTP_SLUICE_PAGE_OWN = 0, /* or no page: a program */
    NGX_HTTP_SLUICE_PAGE_ALLOWED, /* of an origin in the list */
    NGX_HTTP_SLUICE_PAGE_FOREIGN
} ngx_http_sluice_page_t;

/* `allowed` is an array of ngx_str_t, origins whose pages may ask with a token
   of their own; NULL: none. */
ngx_http_sluice_page_t ngx_http_sluice_page(ngx_http_request_t *r,
                                            const ngx_array_t *allowed);

/* 1 when a page of somebody else's may have sent a credential that is
   `unasked`, and the request may change something (RFC 9110, 9.2.1; or it opens
   a WebSocket, which no browser holds to an origin): refuse it with
   SLUICE_CROSS_SITE. */
ngx_uint_t ngx_http_sluice_cross_site(ngx_http_request_t *r);

#endif
