/* Other issuers' tokens: finding, verifying, and asking for a key that is not
   there. */

#include "ngx_http_sluice_carrier.h"
#include "ngx_http_sluice_issuer.h"
#include "ngx_http_sluice_token.h"

#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"
#include "core/grant/access.h"
#include "core/grant/issuer.h"
#include "core/jose/jwk.h"
#include "core/jose/jwt.h"

#include <jansson.h>


#define NGX_HTTP_SLUICE_ISSUER_PAUSE 10000 /* ms between two askings */
#define NGX_HTTP_SLUICE_ISSUER_CHANNEL "sluice:issuers"


/* Where a token was: one that is good in one place is not in the other. */

typedef enum {
    NGX_HTTP_SLUICE_ISSUER_TOKEN,   /* Authorization, or the cookie */
    NGX_HTTP_SLUICE_ISSUER_BALANCED /* x-amzn-oidc-data */
} ngx_http_sluice_issuer_place_t;


static sluice_status_t
ngx_http_sluice_issuer_find(ngx_http_request_t *r,
                            ngx_http_sluice_issuer_place_t place,
                            ngx_str_t *token, access_t *access,
                            const issuer_t **found, json_t **claims);
static sluice_status_t
ngx_http_sluice_issuer_try(ngx_http_request_t *r,
                           ngx_http_sluice_issuer_t *issuer, ngx_str_t *token,
                           access_t *access, json_t **claims);
static void ngx_http_sluice_issuer_ask(ngx_http_request_t *r,
                                       ngx_http_sluice_issuer_t *issuer,
                                       ngx_str_t *token);
static ngx_array_t *ngx_http_sluice_issuer_all(ngx_http_request_t *r);
static ngx_uint_t
ngx_http_sluice_issuer_any(ngx_http_request_t *r,
                           ngx_http_sluice_issuer_place_t place);
static ngx_http_sluice_issuer_place_t
ngx_http_sluice_issuer_place(ngx_http_sluice_issuer_t *issuer);


ngx_uint_t
ngx_http_sluice_issuer_configured(ngx_http_request_t *r)
{
    return ngx_http_sluice_issuer_any(r, NGX_HTTP_SLUICE_ISSUER_TOKEN);
}


sluice_status_t
ngx_http_sluice_issuer_verify(ngx_http_request_t *r, ngx_str_t *token,
                              access_t *access)
{
    json_t *claims;
    const issuer_t *issuer;
    sluice_status_t status;

    status = ngx_http_sluice_issuer_find(r, NGX_HTTP_SLUICE_ISSUER_TOKEN, token,
                                         access, &issuer, &claims);
    json_decref(claims);

    return status;
}


sluice_status_t
ngx_http_sluice_issuer_verify_balanced(ngx_http_request_t *r, ngx_str_t *token,
                                       access_t *access)
{
    json_t *claims;
    const issuer_t *issuer;
    sluice_status_t status;

    status = ngx_http_sluice_issuer_find(r, NGX_HTTP_SLUICE_ISSUER_BALANCED,
                                         token, access, &issuer, &claims);
    json_decref(claims);

    return status;
}


ngx_uint_t
ngx_http_sluice_issuer_load_balancer(ngx_http_request_t *r, ngx_str_t *token)
{
    ngx_uint_t i, found;
    ngx_list_part_t *part;
    ngx_table_elt_t *h;

    static ngx_str_t name = ngx_string("x-amzn-oidc-data");

    if (!ngx_http_sluice_issuer_any(r, NGX_HTTP_SLUICE_ISSUER_BALANCED)) {
        return 0;
    }

    found = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == name.len
                && ngx_strncmp(h[i].lowcase_key, name.data, name.len) == 0) {
                *token = h[i].value;
                found++;
            }
        }
    }

    if (found > 1) {
        /* one of them is not the load balancer's */
        token->len = 0;
    }

    return found > 0;
}


sluice_status_t
ngx_http_sluice_issuer_claims(ngx_http_request_t *r, const issuer_t **issuer,
                              json_t **claims)
{
    access_t access;
    ngx_str_t token;
    ngx_http_sluice_issuer_place_t place;

    *claims = NULL;

    if (ngx_http_sluice_carrier_user(r, &token)) {
        place = NGX_HTTP_SLUICE_ISSUER_TOKEN;

    } else if (ngx_http_sluice_issuer_load_balancer(r, &token)) {
        place = NGX_HTTP_SLUICE_ISSUER_BALANCED;

    } else {
        return SLUICE_TOKEN_INVALID;
    }

    return ngx_http_sluice_issuer_find(r, place, &token, &access, issuer,
                                       claims);
}


/*
 * Kids are unique within a set alone, and two issuers may share their keys: the
 * first that takes the token is the one.
 */

static sluice_status_t
ngx_http_sluice_issuer_find(ngx_http_request_t *r,
                            ngx_http_sluice_issuer_place_t place,
                            ngx_str_t *token, access_t *access,
                            const issuer_t **found, json_t **claims)
{
    ngx_uint_t i;
    ngx_array_t *all;
    sluice_status_t status;
    ngx_http_sluice_issuer_t **issuer;

    *claims = NULL;

    all = ngx_http_sluice_issuer_all(r);
    if (all == NULL) {
        return SLUICE_TOKEN_INVALID;
    }

    issuer = all->elts;

    for (i = 0; i < all->nelts; i++) {

        if (ngx_http_sluice_issuer_place(issuer[i]) != place) {
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
        if (ngx_http_sluice_issuer_place(issuer[i]) == place) {
            ngx_http_sluice_issuer_ask(r, issuer[i], token);
        }
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "access token refused: no issuer's");

    return SLUICE_TOKEN_INVALID;
}


static sluice_status_t
ngx_http_sluice_issuer_try(ngx_http_request_t *r,
                           ngx_http_sluice_issuer_t *issuer, ngx_str_t *token,
                           access_t *access, json_t **claims)
{
    jwt_t jwt;
    jwt_result_t result;
    sluice_status_t status;

    if (issuer->keys->set == NULL) {
        return SLUICE_TOKEN_INVALID;
    }

    result = jwt_open(issuer->keys->set,
                      issuer->rules.signer ? &jwt_load_balancer : &jwt_foreign,
                      (const char *) token->data, token->len, &jwt);

    if (result == JWT_UNKNOWN_KEY) {
        return SLUICE_TOKEN_INVALID;
    }

    status = result == JWT_INTERNAL ? SLUICE_INTERNAL : SLUICE_TOKEN_INVALID;

    if (result == JWT_OK) {
        result = ngx_http_sluice_token_verify(&jwt, token, claims);
        status = result == JWT_OK
                     ? issuer_parse(&issuer->rules, jwt.header, *claims, access)
                 : result == JWT_INTERNAL ? SLUICE_INTERNAL
                                          : SLUICE_TOKEN_INVALID;
        jwt_close(&jwt);
    }

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
 * {"v":1,"issuer":"https://…","kid":"…"}, a load balancer's ARN in place of the
 * URL: the worker fetches the set, and this process reads it when the file has
 * changed. Nobody has verified what is looked at here: it may cost an asking,
 * now and then.
 */

static void
ngx_http_sluice_issuer_ask(ngx_http_request_t *r,
                           ngx_http_sluice_issuer_t *issuer, ngx_str_t *token)
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


static ngx_array_t *
ngx_http_sluice_issuer_all(ngx_http_request_t *r)
{
    ngx_http_sluice_issuer_conf_t *iscf;

    iscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_issuer_module);

    return iscf->issuers;
}


static ngx_uint_t
ngx_http_sluice_issuer_any(ngx_http_request_t *r,
                           ngx_http_sluice_issuer_place_t place)
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
        if (ngx_http_sluice_issuer_place(issuer[i]) == place) {
            return 1;
        }
    }

    return 0;
}


static ngx_http_sluice_issuer_place_t
ngx_http_sluice_issuer_place(ngx_http_sluice_issuer_t *issuer)
{
    return issuer->rules.signer ? NGX_HTTP_SLUICE_ISSUER_BALANCED
                                : NGX_HTTP_SLUICE_ISSUER_TOKEN;
}
