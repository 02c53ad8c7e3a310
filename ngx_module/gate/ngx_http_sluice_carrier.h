/* Where a request carries its tokens. */

#ifndef NGX_HTTP_SLUICE_CARRIER_H
#define NGX_HTTP_SLUICE_CARRIER_H

#include "ngx_http_sluice_gate.h"

#include "ngx_module/http/ngx_http_sluice.h"

/* For the post-read phase: keeps what the client asks for, and takes a grant
   out of the path. Returns what a phase handler returns. */
ngx_int_t ngx_http_sluice_carrier_take(ngx_http_request_t *r);

/* 1 and the token when the request brings one, else 0. */
ngx_uint_t ngx_http_sluice_carrier_grant(ngx_http_request_t *r,
                                         ngx_http_sluice_gate_ctx_t *ctx,
                                         ngx_str_t *token);
ngx_uint_t ngx_http_sluice_carrier_user(ngx_http_request_t *r,
                                        ngx_str_t *token);

/* When a grant has passed, takes grants out of path and arguments, and of both
   as they came ($request_uri): what stands behind the gate sees none. NGX_OK,
   or NGX_ERROR without memory. */
ngx_int_t ngx_http_sluice_carrier_clean(ngx_http_request_t *r,
                                        ngx_http_sluice_gate_ctx_t *ctx);

/* 1 and the value when a cookie of this name came. */
ngx_uint_t ngx_http_sluice_carrier_cookie(ngx_http_request_t *r,
                                          ngx_str_t *name, ngx_str_t *value);

/* 1 when the path came as it is signed, without "..", "//", or an encoded dot
   or slash. */
ngx_uint_t ngx_http_sluice_carrier_canonical(ngx_http_request_t *r);

#endif
