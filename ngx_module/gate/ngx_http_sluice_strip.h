/* Takes links out of what stands behind the gate. */

#ifndef NGX_HTTP_SLUICE_STRIP_H
#define NGX_HTTP_SLUICE_STRIP_H

#include "ngx_http_sluice_gate.h"

/* The link that let the request pass, and whatever else is of its kind. NGX_OK,
   or NGX_ERROR without memory. */
ngx_int_t ngx_http_sluice_strip_grant(ngx_http_request_t *r,
                                      ngx_http_sluice_gate_ctx_t *ctx);
ngx_int_t ngx_http_sluice_strip_cloudfront(ngx_http_request_t *r,
                                           ngx_http_sluice_gate_ctx_t *ctx);

#endif
