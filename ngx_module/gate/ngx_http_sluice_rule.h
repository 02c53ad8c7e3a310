/* Whether what was verified lets this request pass. */

#ifndef NGX_HTTP_SLUICE_RULE_H
#define NGX_HTTP_SLUICE_RULE_H

#include "ngx_http_sluice_gate.h"

#include "core/table/token_table.h"

/* A link: its time, path, method and address. SLUICE_OK, or why not. */
sluice_status_t ngx_http_sluice_rule_link(ngx_http_request_t *r,
                                          ngx_http_sluice_gate_ctx_t *ctx,
                                          const token_t *token);

/* What is asked of users. */
typedef struct {
    role_t role;    /* the least */
    time_t fresh;   /* seconds since one has shown who he is; 0: any */
    unsigned scope; /* SCOPE_*: of a service account's key, one of these */
    unsigned enrolling : 1; /* who must set up a second factor may, too */
} ngx_http_sluice_rule_t;

/* A user: his token's time, his role, and how fresh it is that it is he. */
sluice_status_t ngx_http_sluice_rule_user(const token_t *token,
                                          const ngx_http_sluice_rule_t *rule);

/* Whether it was taken back: SLUICE_OK, `revoked`, or
   SLUICE_REVOCATIONS_UNKNOWN. A token is looked up once a change of what is
   revoked; in between this costs a read of the zone's counter. */
sluice_status_t ngx_http_sluice_rule_not_revoked(token_t *token,
                                                 sluice_status_t revoked);

#endif
