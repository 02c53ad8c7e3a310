/* What a request gets that may not pass. */

#ifndef NGX_HTTP_SLUICE_DENY_H
#define NGX_HTTP_SLUICE_DENY_H

#include "ngx_http_sluice_gate.h"
#include "ngx_http_sluice_rule.h"

/*
 * For the access phase: counts and notes the denial, forgets who was named, and
 * returns what the phase is to return. Where the operator has an error_page for
 * the status, or "satisfy any" leaves the word to others, nginx goes on with
 * it; else the answer is ours. Where the rule asked for something that can be
 * named, a scope or how fresh an authentication must be, it is.
 */
ngx_int_t ngx_http_sluice_deny(ngx_http_request_t *r,
                               ngx_http_sluice_gate_ctx_t *ctx,
                               sluice_status_t status,
                               const ngx_http_sluice_rule_t *rule);

/* Counts and notes the same where an answer says it; nothing of what does not
   keep anybody out. */
void ngx_http_sluice_deny_note(ngx_http_sluice_gate_ctx_t *ctx,
                               sluice_status_t status);

#endif
