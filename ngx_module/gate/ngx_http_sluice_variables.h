/* $sluice_user and the like. */

#ifndef NGX_HTTP_SLUICE_VARIABLES_H
#define NGX_HTTP_SLUICE_VARIABLES_H

#include "ngx_http_sluice_gate.h"

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/grant/grant.h"

/* For a module's preconfiguration. */
ngx_int_t ngx_http_sluice_variables(ngx_conf_t *cf);

/* Keeps for them whose link it is and for whom. NGX_OK, or NGX_ERROR without
   memory. */
ngx_int_t ngx_http_sluice_variables_note(ngx_http_request_t *r,
                                         ngx_http_sluice_gate_ctx_t *ctx,
                                         const grant_t *grant);

#endif
