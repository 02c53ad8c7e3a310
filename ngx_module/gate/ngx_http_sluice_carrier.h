/* Where a request carries its credentials. */

#ifndef NGX_HTTP_SLUICE_CARRIER_H
#define NGX_HTTP_SLUICE_CARRIER_H

#include "ngx_http_sluice_gate.h"

/* For the post-read phase: takes a grant out of the path, so that nothing else
   sees it there, and keeps both. */
void ngx_http_sluice_carrier_take(ngx_http_request_t *r,
                                  ngx_http_sluice_gate_ctx_t *ctx);

/* Whether a link, or else a user's credential, is brought: 1 and the first that
   is found, or, when `credential` is one already, the one behind it; else 0. Of
   kind NONE it is at first. */
ngx_uint_t
ngx_http_sluice_carrier_link(ngx_http_request_t *r,
                             ngx_http_sluice_gate_ctx_t *ctx,
                             ngx_http_sluice_credential_t *credential);
ngx_uint_t
ngx_http_sluice_carrier_user(ngx_http_request_t *r,
                             ngx_http_sluice_gate_ctx_t *ctx,
                             ngx_http_sluice_credential_t *credential);

/* 1 and the value when an argument "grant" is in a query. */
ngx_uint_t ngx_http_sluice_carrier_arg(const ngx_str_t *args, ngx_str_t *value);

#endif
