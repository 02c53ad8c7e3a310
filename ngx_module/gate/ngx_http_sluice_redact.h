/* What logs keep of credentials. */

#ifndef NGX_HTTP_SLUICE_REDACT_H
#define NGX_HTTP_SLUICE_REDACT_H

#include "ngx_http_sluice_gate.h"

#include "ngx_module/http/ngx_http_sluice.h"

/* For the log phase, in front of what writes logs: of each token in request
   line, path, arguments and Referer, and of a grant in a header, the signature
   becomes asterisks. */
ngx_int_t ngx_http_sluice_redact(ngx_http_request_t *r);

/* From here on the same holds for what the error log has of the request. */
void ngx_http_sluice_redact_errors(ngx_http_request_t *r,
                                   ngx_http_sluice_gate_ctx_t *ctx);

#endif
