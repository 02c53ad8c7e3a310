/* What the rows of ngx_http_sluice_verifier.c name; each as its member of
   ngx_http_sluice_verifier_t says. */

#ifndef NGX_HTTP_SLUICE_VERIFIER_ROWS_H
#define NGX_HTTP_SLUICE_VERIFIER_ROWS_H

#include "ngx_http_sluice_verifier.h"

/* a link of ours: ngx_http_sluice_grant_verifier.c */

sluice_status_t
ngx_http_sluice_grant_verify(ngx_http_request_t *r,
                             const ngx_http_sluice_credential_t *credential,
                             token_t *token);

/* an access token of ours: ngx_http_sluice_access_verifier.c */

sluice_status_t
ngx_http_sluice_access_verify(ngx_http_request_t *r,
                              const ngx_http_sluice_credential_t *credential,
                              token_t *token);

/* a service account's key: ngx_http_sluice_key_verifier.c */

sluice_status_t
ngx_http_sluice_key_verify(ngx_http_request_t *r,
                           const ngx_http_sluice_credential_t *credential,
                           token_t *token);

/* another issuer's, and what a load balancer says:
   ngx_http_sluice_issuer_verifier.c */

sluice_status_t
ngx_http_sluice_issuer_verify(ngx_http_request_t *r,
                              const ngx_http_sluice_credential_t *credential,
                              token_t *token);
sluice_status_t
ngx_http_sluice_balancer_verify(ngx_http_request_t *r,
                                const ngx_http_sluice_credential_t *credential,
                                token_t *token);

/* CloudFront's: ngx_http_sluice_cloudfront_verifier.c */

sluice_status_t ngx_http_sluice_cloudfront_verify(
    ngx_http_request_t *r, const ngx_http_sluice_credential_t *credential,
    token_t *token);
token_t *
ngx_http_sluice_cloudfront_find(ngx_http_request_t *r,
                                const ngx_http_sluice_credential_t *credential);

#endif
