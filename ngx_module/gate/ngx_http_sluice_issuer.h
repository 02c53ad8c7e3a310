/*
 * Other issuers' access tokens at the gate: sluice_issuer. Each issuer has a
 * key set in a file, which each process reads again when it has changed.
 */

#ifndef NGX_HTTP_SLUICE_ISSUER_H
#define NGX_HTTP_SLUICE_ISSUER_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_sluice_credential.h"

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"
#include "core/grant/issuer.h"
#include "core/jose/jwk.h"

#include <jansson.h>

extern ngx_module_t ngx_http_sluice_issuer_module;


/* 1 when this server takes other issuers' tokens in Authorization or the
   cookie; a load balancer's header does not count. */
ngx_uint_t ngx_http_sluice_issuer_configured(ngx_http_request_t *r);

/* Changes when this process takes another key set: what was verified before
   must be verified again. */
uint64_t ngx_http_sluice_issuer_generation(void);

/* Who it is whom a foreign token let pass: the issuer and, to json_decref(),
   the claims. SLUICE_OK; SLUICE_TOKEN_INVALID or SLUICE_INTERNAL. */
sluice_status_t
ngx_http_sluice_issuer_claims(ngx_http_request_t *r,
                              const ngx_http_sluice_credential_t *credential,
                              const issuer_t **issuer, json_t **claims);


/* what the issuer's own files share */

/* By which a file is known to be the same. */
typedef struct {
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
} ngx_http_sluice_issuer_stamp_t;

/* This process's part: configuration is never written to while serving. */
typedef struct {
    jwk_set_t *set; /* NULL: there has been no good one yet */
    ngx_http_sluice_issuer_stamp_t stamp;
    ngx_msec_t asked_at;
    unsigned missing : 1; /* the file, and it was told */
    unsigned asked : 1;   /* the worker for a key, at `asked_at` */
} ngx_http_sluice_issuer_keys_t;

typedef struct {
    issuer_t rules;
    ngx_str_t file;
    ngx_http_sluice_issuer_keys_t *keys;
} ngx_http_sluice_issuer_t;

typedef struct {
    ngx_array_t *issuers; /* of ngx_http_sluice_issuer_t *; NULL: none */
} ngx_http_sluice_issuer_conf_t;

#endif
