#include "ngx_http_sluice_gate.h"
#include "ngx_http_sluice_issuer.h"
#include "ngx_http_sluice_strip.h"
#include "ngx_http_sluice_verifier.h"
#include "ngx_http_sluice_verifier_rows.h"


/* remembered per process, server and row */
#define NGX_HTTP_SLUICE_TOKENS 4096


static const ngx_http_sluice_verifier_t ngx_http_sluice_verifiers[] = {

    { NGX_HTTP_SLUICE_CREDENTIAL_GRANT, TOKEN_GRANT, NGX_HTTP_SLUICE_BY_GRANT,
      SLUICE_GRANT_REVOKED, ngx_http_sluice_grant_verify, NULL, NULL,
      ngx_http_sluice_strip_grant },

    { NGX_HTTP_SLUICE_CREDENTIAL_KEY, TOKEN_KEY, NGX_HTTP_SLUICE_BY_USER,
      SLUICE_TOKEN_INVALID, ngx_http_sluice_key_verify, NULL, NULL, NULL },

    { NGX_HTTP_SLUICE_CREDENTIAL_ACCESS, TOKEN_ACCESS, NGX_HTTP_SLUICE_BY_USER,
      SLUICE_TOKEN_REVOKED, ngx_http_sluice_access_verify, NULL, NULL, NULL },

    { NGX_HTTP_SLUICE_CREDENTIAL_ACCESS, TOKEN_ACCESS, NGX_HTTP_SLUICE_BY_USER,
      SLUICE_TOKEN_REVOKED, ngx_http_sluice_issuer_verify, NULL,
      ngx_http_sluice_issuer_generation, NULL },

    { NGX_HTTP_SLUICE_CREDENTIAL_BALANCER, TOKEN_BALANCED,
      NGX_HTTP_SLUICE_BY_USER, SLUICE_TOKEN_REVOKED,
      ngx_http_sluice_balancer_verify, NULL, ngx_http_sluice_issuer_generation,
      NULL },

    { NGX_HTTP_SLUICE_CREDENTIAL_CLOUDFRONT, TOKEN_GRANT,
      NGX_HTTP_SLUICE_BY_CLOUDFRONT, SLUICE_GRANT_REVOKED,
      ngx_http_sluice_cloudfront_verify, ngx_http_sluice_cloudfront_find, NULL,
      ngx_http_sluice_strip_cloudfront }
};

const ngx_str_t ngx_http_sluice_verifier_secrets[] = { ngx_string("grant"),
                                                       ngx_string("Signature"),
                                                       ngx_null_string };

#define NGX_HTTP_SLUICE_VERIFIERS \
    (sizeof(ngx_http_sluice_verifiers) / sizeof(ngx_http_sluice_verifiers[0]))


/* A server's, as its keys are: for each row this process's table, which is made
   when something is put in. */

typedef struct {
    token_table_t *table[NGX_HTTP_SLUICE_VERIFIERS];
} ngx_http_sluice_verifier_caches_t;


static void
ngx_http_sluice_verifier_cleanup(void *data)
{
    ngx_uint_t i;
    ngx_http_sluice_verifier_caches_t *caches = data;

    for (i = 0; i < NGX_HTTP_SLUICE_VERIFIERS; i++) {
        token_table_free(caches->table[i]);
    }
}


void *
ngx_http_sluice_verifier_create_conf(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t *cln;

    cln = ngx_pool_cleanup_add(cf->pool,
                               sizeof(ngx_http_sluice_verifier_caches_t));
    if (cln == NULL) {
        return NULL;
    }

    ngx_memzero(cln->data, sizeof(ngx_http_sluice_verifier_caches_t));
    cln->handler = ngx_http_sluice_verifier_cleanup;

    return cln->data;
}


static token_t *
ngx_http_sluice_verifier_find(ngx_http_request_t *r,
                              const ngx_http_sluice_verifier_t *verifier,
                              token_table_t *table,
                              const ngx_http_sluice_credential_t *credential)
{
    token_t *token;

    if (verifier->find) {
        return verifier->find(r, credential);
    }

    if (table == NULL) {
        return NULL;
    }

    token = token_table_find(table, verifier->says,
                             (char *) credential->text.data,
                             credential->text.len);

    return token && verifier->generation
                   && token->issuers != verifier->generation()
               ? NULL
               : token;
}


static token_t *
ngx_http_sluice_verifier_keep(const ngx_http_sluice_verifier_t *verifier,
                              token_table_t **table,
                              const ngx_http_sluice_credential_t *credential,
                              token_t *verified)
{
    static token_t kept; /* what its verifier remembers otherwise */

    if (verifier->find) {
        kept = *verified;
        return &kept;
    }

    if (*table == NULL) {
        *table = token_table_create(NGX_HTTP_SLUICE_TOKENS);
        if (*table == NULL) {
            return NULL;
        }
    }

    return token_table_put(*table, (char *) credential->text.data,
                           credential->text.len, verified);
}


/* What comes for the first time. It is kept out of what each request runs
   through: a grant takes 2 KiB of stack. */

static __attribute__((noinline)) sluice_status_t
ngx_http_sluice_verify_new(ngx_http_request_t *r,
                           ngx_http_sluice_verifier_caches_t *caches,
                           const ngx_http_sluice_credential_t *credential,
                           token_t **token,
                           const ngx_http_sluice_verifier_t **found)
{
    token_t verified;
    ngx_uint_t i;
    sluice_status_t status;
    const ngx_http_sluice_verifier_t *verifier;

    status = SLUICE_UNAUTHENTICATED;

    for (i = 0; i < NGX_HTTP_SLUICE_VERIFIERS; i++) {
        verifier = &ngx_http_sluice_verifiers[i];

        if (verifier->kind != credential->kind) {
            continue;
        }

        verified.kind = verifier->says;
        verified.revocations = 0;
        verified.used = 0;
        verified.payer_read = 0;
        verified.issuers = verifier->generation ? verifier->generation() : 0;

        status = verifier->verify(r, credential, &verified);

        if (status == SLUICE_OK) {
            *token = ngx_http_sluice_verifier_keep(verifier, &caches->table[i],
                                                   credential, &verified);
            *found = verifier;

            return *token ? SLUICE_OK : SLUICE_INTERNAL;
        }

        if (status != SLUICE_UNAUTHENTICATED) {
            break;
        }
    }

    return status;
}


sluice_status_t
ngx_http_sluice_verify(ngx_http_request_t *r,
                       const ngx_http_sluice_credential_t *credential,
                       token_t **token,
                       const ngx_http_sluice_verifier_t **found)
{
    ngx_uint_t i;
    const ngx_http_sluice_verifier_t *verifier;
    ngx_http_sluice_verifier_caches_t *caches;

    caches = ngx_http_get_module_srv_conf(r, ngx_http_sluice_gate_module);

    for (i = 0; i < NGX_HTTP_SLUICE_VERIFIERS; i++) {
        verifier = &ngx_http_sluice_verifiers[i];

        if (verifier->kind != credential->kind) {
            continue;
        }

        *token = ngx_http_sluice_verifier_find(r, verifier, caches->table[i],
                                               credential);
        if (*token) {
            *found = verifier;
            return SLUICE_OK;
        }
    }

    return ngx_http_sluice_verify_new(r, caches, credential, token, found);
}
