/*
 * Fair use of media, as plans have it: bytes of a user in a month, and streams
 * at once. Whose they are: the user in a link's `sub`, who made it, whoever
 * follows it; else who signed in. What is known of him lies in the zone; what
 * he was sent is counted when the request is over: ngx_http_sluice_meter.h.
 */

#ifndef NGX_HTTP_SLUICE_FAIR_H
#define NGX_HTTP_SLUICE_FAIR_H

#include "ngx_http_sluice_gate.h"

#include "core/base/status.h"
#include "core/table/token_table.h"

/* For the access phase, of a token that was found good: NGX_OK and the verdict;
   or NGX_AGAIN, and the phase is entered again. */
ngx_int_t ngx_http_sluice_fair(ngx_http_request_t *r,
                               ngx_http_sluice_gate_ctx_t *ctx, token_t *token,
                               sluice_status_t *verdict);

/* For the log phase. */
ngx_int_t ngx_http_sluice_fair_log(ngx_http_request_t *r);

#endif
