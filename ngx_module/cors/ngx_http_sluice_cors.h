/* sluice_cors: pages of other origins that may ask here (Fetch Standard, 3.3).
   Who answers in a location says what it takes and sends; the filter does the
   rest, for whatever is answered there. */

#ifndef NGX_HTTP_SLUICE_CORS_H
#define NGX_HTTP_SLUICE_CORS_H

#include "ngx_module/http/ngx_http_sluice.h"

/* What a location is for: bits. */
#define NGX_HTTP_SLUICE_CORS_MEDIA 0x1
#define NGX_HTTP_SLUICE_CORS_API 0x2
#define NGX_HTTP_SLUICE_CORS_UPLOAD 0x4

/* While this location is configured, before sluice_cors itself is merged. */
void ngx_http_sluice_cors_serves(ngx_conf_t *cf, ngx_uint_t what);

/* The origins whose pages may ask here with a token of their own, for
   ngx_http_sluice_page(); NULL: none are named. */
const ngx_array_t *ngx_http_sluice_cors_origins(ngx_http_request_t *r);

#endif
