/*
 * Other issuers' access tokens, and what a load balancer says of a user that it
 * has signed in: finding the issuer, verifying, and asking for a key that is
 * not there. A token that is good as the one is not as the other.
 */

#include "ngx_http_sluice_issuer.h"
#include "ngx_http_sluice_signature.h"
#include "ngx_http_sluice_verifier_rows.h"

#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "core/grant/issuer.h"

#include <jansson.h>


#define NGX_HTTP_SLUICE_ISSUER_PAUSE 10000 /* ms between two askings */
#define NGX_HTTP_SLUICE_ISSUER_CHANNEL "sluice:issuers"


static ngx_array_t *
ngx_http_sluice_issuer_all(ngx_http_request_t *r)
{
    ngx_http_sluice_issuer_conf_t *iscf;

    iscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_issuer_module);

    return iscf->issuers;
}


static ngx_http_sluice_credential_kind_t
ngx_http_sluice_issuer_kind(ngx_http_sluice_issuer_t *issuer)
{
    return issuer->rules.signer ? NGX_HTTP_SLUICE_CREDENTIAL_BALANCER
                                : NGX_HTTP_SLUICE_CREDENTIAL_ACCESS;
}


static ngx_uint_t
ngx_http_sluice_issuer_any(ngx_http_request_t *r,
                           ngx_http_sluice_credential_kind_t kind)
{
    ngx_uint_t i;
    ngx_array_t *all;
    ngx_http_sluice_issuer_t **issuer;

    all = ngx_http_sluice_issuer_all(r);
    if (all == NULL) {
        return 0;
    }

    issuer = all->elts;

    for (i = 0; i < all->nelts; i++) {
        if (ngx_http_sluice_issuer_kind(issuer[i]) == kind) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_http_sluice_issuer_configured(ngx_http_request_t *r)
{
    return ngx_http_sluice_issuer_any(r, NGX_HTTP_SLUICE_CREDENTIAL_ACCESS);
}


/*
 * {"v":1,"issuer":"https://…","kid":"…"}, a load balancer's ARN in place of the
 * URL: the worker fetches the set, and this process reads it when the file has
 * changed. Nobody has verified what is looked at here: it may cost an asking,
 * now and then.
 */

static void
ngx_http_sluice_issuer_ask(ngx_http_request_t *r,
                           ngx_http_sluice_issuer_t *issuer,
                           const ngx_str_t *token)
{
    char kid[JWK_KID_MAX + 1];
    u_char *p;
    ngx_str_t argv[3];
    const char *name;
    issuer_t *rules = &issuer->rules;
    ngx_http_sluice_issuer_keys_t *keys = issuer->keys;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    if (smcf->redis == NULL
        || (keys->asked
            && ngx_current_msec - keys->asked_at < NGX_HTTP_SLUICE_ISSUER_PAUSE)
        || !issuer_wants(rules, (const char *) token->data, token->len, kid)
        || (keys->set && jwk_set_kid(keys->set, kid, ngx_strlen(kid)))) {
        return;
    }

    name = rules->signer ? rules->signer : rules->url;

    p = ngx_pnalloc(r->pool, sizeof("{'v':1,'issuer':'','kid':''}")
                                 + ngx_strlen(name) + ngx_strlen(kid));
    if (p == NULL) {
        return;
    }

    ngx_str_set(&argv[0], "PUBLISH");
    ngx_str_set(&argv[1], NGX_HTTP_SLUICE_ISSUER_CHANNEL);

    argv[2].data = p;
    argv[2].len = (size_t) (ngx_sprintf(
                                p, "{\"v\":1,\"issuer\":\"%s\",\"kid\":\"%s\"}",
                                name, kid)
                            - p);

    (void) ngx_sluice_redis_command(smcf->redis, 3, argv, NULL, NULL, NULL);

    keys->asked = 1;
    keys->asked_at = ngx_current_msec;

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "issuer \"%s\": key \"%s\" is unknown", name, kid);
}


static sluice_status_t
ngx_http_sluice_issuer_try(ngx_http_request_t *r,
                           ngx_http_sluice_issuer_t *issuer,
                           const ngx_str_t *token, access_t *access,
                           json_t **claims)
{
    json_t *header;
    jwt_result_t result;
    sluice_status_t status;

    *claims = NULL;

    if (issuer->keys->set == NULL) {
        return SLUICE_TOKEN_INVALID;
    }

    result = ngx_http_sluice_signature(issuer->keys->set,
                                       issuer->rules.signer ? &jwt_load_balancer
                                                            : &jwt_foreign,
                                       token, &header, claims);

    if (result == JWT_UNKNOWN_KEY) {
        return SLUICE_TOKEN_INVALID;
    }

    status = result == JWT_OK
                 ? issuer_parse(&issuer->rules, header, *claims, access)
             : result == JWT_INTERNAL ? SLUICE_INTERNAL
                                      : SLUICE_TOKEN_INVALID;
    json_decref(header);

    if (status != SLUICE_OK) {
        json_decref(*claims);
        *claims = NULL;

        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "access token refused for issuer \"%s\": %s",
                      issuer->rules.url,
                      result == JWT_OK ? "claims" : jwt_result_word(result));
    }

    return status;
}


/*
 * Kids are unique within a set alone, and two issuers may share their keys: the
 * first that takes the token is the one.
 */

static sluice_status_t
ngx_http_sluice_issuer_find(ngx_http_request_t *r,
                            const ngx_http_sluice_credential_t *credential,
                            access_t *access, const issuer_t **found,
                            json_t **claims)
{
    ngx_uint_t i;
    ngx_array_t *all;
    sluice_status_t status;
    const ngx_str_t *token = &credential->text;
    ngx_http_sluice_issuer_t **issuer;

    *claims = NULL;

    all = ngx_http_sluice_issuer_all(r);
    if (all == NULL) {
        return SLUICE_TOKEN_INVALID;
    }

    issuer = all->elts;

    for (i = 0; i < all->nelts; i++) {

        if (ngx_http_sluice_issuer_kind(issuer[i]) != credential->kind) {
            continue;
        }

        status = ngx_http_sluice_issuer_try(r, issuer[i], token, access,
                                            claims);

        if (status != SLUICE_TOKEN_INVALID) {
            *found = &issuer[i]->rules;
            return status;
        }
    }

    for (i = 0; i < all->nelts; i++) {
        if (ngx_http_sluice_issuer_kind(issuer[i]) == credential->kind) {
            ngx_http_sluice_issuer_ask(r, issuer[i], token);
        }
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "access token refused: no issuer's");

    return SLUICE_TOKEN_INVALID;
}


sluice_status_t
ngx_http_sluice_issuer_verify(ngx_http_request_t *r,
                              const ngx_http_sluice_credential_t *credential,
                              token_t *token)
{
    json_t *claims;
    const issuer_t *issuer;
    sluice_status_t status;

    status = ngx_http_sluice_issuer_find(r, credential, &token->u.access,
                                         &issuer, &claims);
    json_decref(claims);

    return status;
}


/* Without a load balancer that this server knows the header is like any
   other. */

sluice_status_t
ngx_http_sluice_balancer_verify(ngx_http_request_t *r,
                                const ngx_http_sluice_credential_t *credential,
                                token_t *token)
{
    return ngx_http_sluice_issuer_any(r, credential->kind)
               ? ngx_http_sluice_issuer_verify(r, credential, token)
               : SLUICE_UNAUTHENTICATED;
}


sluice_status_t
ngx_http_sluice_issuer_claims(ngx_http_request_t *r,
                              const ngx_http_sluice_credential_t *credential,
                              const issuer_t **issuer, json_t **claims)
{
    access_t access;

    return ngx_http_sluice_issuer_find(r, credential, &access, issuer, claims);
}
