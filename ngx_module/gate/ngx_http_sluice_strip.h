/* Takes credentials out of what stands behind the gate. */

#ifndef NGX_HTTP_SLUICE_STRIP_H
#define NGX_HTTP_SLUICE_STRIP_H

#include "ngx_http_sluice_gate.h"

/* For the link that let the request pass. NGX_OK, or NGX_ERROR without
   memory. */
ngx_int_t ngx_http_sluice_strip(ngx_http_request_t *r,
                                ngx_http_sluice_gate_ctx_t *ctx);

#endif
