/* CloudFront's signed URLs and signed cookies as another way through
   "sluice_gate grant": see core/cloudfront.h. */

#ifndef NGX_HTTP_SLUICE_CLOUDFRONT_H
#define NGX_HTTP_SLUICE_CLOUDFRONT_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"

/* 1 when this server knows CloudFront keys and the request brings a signed URL
   or signed cookies. */
ngx_uint_t ngx_http_sluice_cloudfront_carried(ngx_http_request_t *r);

/* Decides what is carried: a signed URL, else signed cookies. SLUICE_OK, after
   which the arguments are without CloudFront's parameters; a SLUICE_GRANT_*, or
   SLUICE_INTERNAL. */
sluice_status_t ngx_http_sluice_cloudfront_decide(ngx_http_request_t *r);

#endif
