/*
 * Who knows whether a credential is good. Each kind has a verifier, a file
 * ngx_http_sluice_<kind>_verifier.c and a row in the table of
 * ngx_http_sluice_verifier.c; whatever it reads, it says it as a grant or as an
 * access token. A new kind is
 *
 *   a name                 ngx_http_sluice_credential.h
 *   a file and a row       ngx_http_sluice_verifier.c, where beside the table
 *                          stands which arguments no log may keep
 *   a row for each place   ngx_http_sluice_carrier.c
 *   a name among metrics   ngx_http_sluice_by_t, when it is counted apart
 */

#ifndef NGX_HTTP_SLUICE_VERIFIER_H
#define NGX_HTTP_SLUICE_VERIFIER_H

#include "ngx_http_sluice_credential.h"
#include "ngx_http_sluice_gate.h"

#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/status.h"
#include "core/table/token_table.h"

typedef struct {
    ngx_http_sluice_credential_kind_t kind;
    token_kind_t says;       /* TOKEN_GRANT: u.grant; any other: u.access */
    ngx_http_sluice_by_t by; /* what it is counted as */
    sluice_status_t revoked; /* when it was taken back */

    /* Reads and verifies: SLUICE_OK and what it says into `token`, whose kind
       and generations are set; SLUICE_UNAUTHENTICATED: it is none of mine, and
       the next row of its kind is asked; else why not. Times, path and role
       are the rule's; but CloudFront's patterns, which no grant has words for,
       are matched here, and said as a grant for "/". */
    sluice_status_t (*verify)(ngx_http_request_t *r,
                              const ngx_http_sluice_credential_t *credential,
                              token_t *token);

    /* What this process has verified before, or NULL. A row without it keeps
       tokens by their text, of a generation: what was verified in an earlier
       one is verified again. */
    token_t *(*find)(ngx_http_request_t *r,
                     const ngx_http_sluice_credential_t *credential);
    uint64_t (*generation)(void); /* NULL: always the same */

    /* Takes it out of what stands behind the gate; NULL: nothing to take. */
    ngx_int_t (*strip)(ngx_http_request_t *r, ngx_http_sluice_gate_ctx_t *ctx);
} ngx_http_sluice_verifier_t;

/* Arguments of a query whose values open something; an empty one ends them. */
extern const ngx_str_t ngx_http_sluice_verifier_secrets[];


/* Finds or verifies. SLUICE_OK, what it says, which holds until the next call,
   and its verifier; or why not. SLUICE_UNAUTHENTICATED: this server knows
   nothing of its kind. */
sluice_status_t ngx_http_sluice_verify(
    ngx_http_request_t *r, const ngx_http_sluice_credential_t *credential,
    token_t **token, const ngx_http_sluice_verifier_t **verifier);

/* For gate module's create_srv_conf: the caches. */
void *ngx_http_sluice_verifier_create_conf(ngx_conf_t *cf);

#endif
