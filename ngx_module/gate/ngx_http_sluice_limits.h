/*
 * What a grant limits beyond path and time: `uses`, `bytes` and `rate`, and
 * what it says of the answer: `filename` and `type`. Plain grants have none of
 * it, and cost nothing here.
 */

#ifndef NGX_HTTP_SLUICE_LIMITS_H
#define NGX_HTTP_SLUICE_LIMITS_H

#include "ngx_http_sluice_share.h"
#include "ngx_http_sluice_gate.h"

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"
#include "core/grant/grant.h"

struct ngx_http_sluice_limits_s {
    ngx_http_sluice_share_t *uses;  /* NULL: not limited */
    ngx_http_sluice_share_t *bytes; /* NULL: not limited */
    ngx_str_t disposition;          /* empty: as it comes */
    ngx_str_t type;                 /* empty: as it comes */
    ngx_chain_t *held;              /* of the body, waits for bytes */
    unsigned taken : 1;             /* it let the request pass; else it has
                                       no say in the answer */
    uint64_t needed;                /* what `bytes` should have then */
    unsigned asking : 1;            /* an answer is on its way */
    unsigned over : 1;              /* it had no more than there is now */
    unsigned ended : 1;             /* all bytes have left */
};

/* sluice_grant_offline: may this machine count alone while Redis is away? */
typedef enum {
    NGX_HTTP_SLUICE_OFFLINE_UNSET = 0, /* bytes yes, uses no */
    NGX_HTTP_SLUICE_OFFLINE_ALLOW,
    NGX_HTTP_SLUICE_OFFLINE_DENY
} ngx_http_sluice_offline_t;

/* 1 when a grant says anything of it. */
#define ngx_http_sluice_limits_any(grant) \
    ((grant)->limits || (grant)->filename.len || (grant)->type.len)

/* For the access phase, after all else of the grant has been found good. NGX_OK
   and the verdict: SLUICE_OK, SLUICE_GRANT_USED, _GRANT_BUDGET, or why nobody
   could tell. NGX_AGAIN: the phase is entered again when it is known. `grant`
   and `token` need not outlive the call. */
ngx_int_t ngx_http_sluice_limits_take(ngx_http_request_t *r,
                                      ngx_http_sluice_gate_ctx_t *ctx,
                                      const grant_t *grant,
                                      const ngx_str_t *token,
                                      ngx_uint_t offline,
                                      sluice_status_t *verdict);

#endif
