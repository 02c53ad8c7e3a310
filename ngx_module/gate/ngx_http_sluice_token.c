#include "ngx_http_sluice_issuer.h"
#include "ngx_http_sluice_token.h"

#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/status.h"
#include "core/grant/access.h"
#include "core/grant/grant.h"
#include "core/jose/claim.h"
#include "core/jose/jwk.h"
#include "core/jose/jwt.h"
#include "core/table/revocation.h"
#include "core/table/token_table.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/sha.h>


#define NGX_HTTP_SLUICE_TOKENS 4096 /* remembered per process and server */


/* By what a token can be taken back; `iat` is seconds, 0 when it has none. */

typedef struct {
    ngx_str_t jti, sid, sub;
    time_t iat;
} ngx_http_sluice_ids_t;


static sluice_status_t ngx_http_sluice_token_read(ngx_http_request_t *r,
                                                  jwt_kind_t kind,
                                                  ngx_str_t *token,
                                                  token_t *verified);
static sluice_status_t ngx_http_sluice_token_own(ngx_http_request_t *r,
                                                 jwt_t *jwt, ngx_str_t *token,
                                                 token_t *verified);
static ngx_int_t ngx_http_sluice_token_digest(const jwk_t *key,
                                              ngx_str_t *token, u_char *digest);
static sluice_status_t ngx_http_sluice_token_refuse(ngx_http_request_t *r,
                                                    jwt_kind_t kind,
                                                    jwt_result_t result);
static void ngx_http_sluice_token_ids(token_t *token,
                                      ngx_http_sluice_ids_t *ids);
static ngx_uint_t ngx_http_sluice_token_listed(revocation_kind_t kind,
                                               ngx_str_t *id, time_t iat);


sluice_status_t
ngx_http_sluice_token(ngx_http_request_t *r, jwt_kind_t kind, ngx_str_t *token,
                      token_t **claims)
{
    token_t verified;
    const char *text;
    sluice_status_t status;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);
    text = (const char *) token->data;

    if (*sscf->tokens == NULL) {
        *sscf->tokens = token_table_create(NGX_HTTP_SLUICE_TOKENS);
        if (*sscf->tokens == NULL) {
            return SLUICE_INTERNAL;
        }
    }

    *claims = token_table_find(*sscf->tokens, kind, text, token->len);

    if (*claims
        && (*claims)->issuers
               == (kind == JWT_GRANT ? 0
                                     : ngx_http_sluice_issuer_generation())) {
        return SLUICE_OK;
    }

    status = ngx_http_sluice_token_read(r, kind, token, &verified);
    if (status != SLUICE_OK) {
        return status;
    }

    *claims = token_table_put(*sscf->tokens, text, token->len, &verified);

    return *claims ? SLUICE_OK : SLUICE_INTERNAL;
}


static sluice_status_t
ngx_http_sluice_token_read(ngx_http_request_t *r, jwt_kind_t kind,
                           ngx_str_t *token, token_t *verified)
{
    jwt_t jwt;
    jwt_result_t result;
    sluice_status_t status;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    verified->kind = kind;
    verified->revocations = 0;
    verified->issuers = kind == JWT_GRANT ? 0
                                          : ngx_http_sluice_issuer_generation();
    verified->provisioned = 0;

    if (kind == JWT_BALANCED) {
        return ngx_http_sluice_issuer_verify_balanced(r, token,
                                                      &verified->u.access);
    }

    result = jwt_open(sscf->keys, kind == JWT_GRANT ? &jwt_grant : &jwt_access,
                      (const char *) token->data, token->len, &jwt);

    if (result == JWT_OK) {
        status = ngx_http_sluice_token_own(r, &jwt, token, verified);
        jwt_close(&jwt);

        return status;
    }

    if (kind == JWT_ACCESS
        && (result == JWT_UNKNOWN_KEY || result == JWT_WRONG_TYPE)
        && ngx_http_sluice_issuer_configured(r)) {
        return ngx_http_sluice_issuer_verify(r, token, &verified->u.access);
    }

    return ngx_http_sluice_token_refuse(r, kind, result);
}


static sluice_status_t
ngx_http_sluice_token_own(ngx_http_request_t *r, jwt_t *jwt, ngx_str_t *token,
                          token_t *verified)
{
    json_t *claims;
    jwt_result_t result;
    sluice_status_t status;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    result = ngx_http_sluice_token_verify(jwt, token, &claims);

    if (result != JWT_OK) {
        return ngx_http_sluice_token_refuse(r, verified->kind, result);
    }

    status = verified->kind == JWT_GRANT
                 ? grant_parse(claims, &verified->u.grant)
                 : access_parse(claims, (const char *) sscf->public_url.data,
                                NGX_HTTP_SLUICE_AUDIENCE, &verified->u.access);

    json_decref(claims);

    return status;
}


jwt_result_t
ngx_http_sluice_token_verify(jwt_t *jwt, ngx_str_t *token, json_t **claims)
{
    u_char digest[SHA256_DIGEST_LENGTH];
    int64_t exp;
    ngx_uint_t seen;
    jwt_result_t result;

    *claims = NULL;

    if (jwt->key->mac) {
        /* as quick as a digest */
        result = jwt_check(jwt);
        return result == JWT_OK ? jwt_claims(jwt, claims) : result;
    }

    if (ngx_http_sluice_token_digest(jwt->key, token, digest) != NGX_OK) {
        return JWT_INTERNAL;
    }

    seen = ngx_http_sluice_zone_verified(digest);
    result = seen ? JWT_OK : jwt_check(jwt);

    if (result == JWT_OK) {
        result = jwt_claims(jwt, claims);
    }

    if (result == JWT_OK && !seen && claim_time(*claims, "exp", &exp) == 1) {
        ngx_http_sluice_zone_remember(digest, exp);
    }

    return result;
}


/* A key that was replaced, under whatever kid, makes another digest. */

static ngx_int_t
ngx_http_sluice_token_digest(const jwk_t *key, ngx_str_t *token, u_char *digest)
{
    ngx_int_t rc;
    EVP_MD_CTX *md;

    md = EVP_MD_CTX_new();

    rc = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1
                 && EVP_DigestUpdate(md, key->thumbprint,
                                     sizeof(key->thumbprint))
                        == 1
                 && EVP_DigestUpdate(md, token->data, token->len) == 1
                 && EVP_DigestFinal_ex(md, digest, NULL) == 1
             ? NGX_OK
             : NGX_ERROR;

    EVP_MD_CTX_free(md);

    return rc;
}


static sluice_status_t
ngx_http_sluice_token_refuse(ngx_http_request_t *r, jwt_kind_t kind,
                             jwt_result_t result)
{
    if (result == JWT_INTERNAL) {
        return SLUICE_INTERNAL;
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "%s refused: %s",
                  kind == JWT_GRANT ? "grant" : "access token",
                  jwt_result_word(result));

    return kind == JWT_GRANT ? SLUICE_GRANT_INVALID : SLUICE_TOKEN_INVALID;
}


sluice_status_t
ngx_http_sluice_token_current(token_t *token, sluice_status_t revoked)
{
    uint64_t generation;
    ngx_http_sluice_ids_t ids;

    generation = ngx_http_sluice_zone_generation();

    if (token->revocations == generation) {
        return SLUICE_OK;
    }

    ngx_http_sluice_token_ids(token, &ids);

    if (ids.jti.len + ids.sid.len + ids.sub.len) {

        if (!ngx_http_sluice_zone_known()) {
            return SLUICE_REVOCATIONS_UNKNOWN;
        }

        if (ngx_http_sluice_token_listed(REVOCATION_JTI, &ids.jti, 0)
            || ngx_http_sluice_token_listed(REVOCATION_SID, &ids.sid, 0)
            || ngx_http_sluice_token_listed(REVOCATION_SUB, &ids.sub,
                                            ids.iat)) {
            return revoked;
        }
    }

    token->revocations = generation;

    return SLUICE_OK;
}


static void
ngx_http_sluice_token_ids(token_t *token, ngx_http_sluice_ids_t *ids)
{
    grant_t *grant;
    access_t *access;

    ngx_memzero(ids, sizeof(ngx_http_sluice_ids_t));

    if (token->kind == JWT_GRANT) {
        grant = &token->u.grant;

        ids->jti.data = (u_char *) grant_text(grant, grant->jti);
        ids->jti.len = grant->jti.len;
        ids->sid.data = (u_char *) grant_text(grant, grant->sid);
        ids->sid.len = grant->sid.len;
        ids->sub.data = (u_char *) grant_text(grant, grant->sub);
        ids->sub.len = grant->sub.len;
        ids->iat = grant->iat;

        return;
    }

    access = &token->u.access;

    ids->sid.data = (u_char *) access->sid;
    ids->sid.len = ngx_strlen(access->sid);
    ids->sub.data = (u_char *) access->sub;
    ids->sub.len = ngx_strlen(access->sub);
    ids->iat = access->iat;
}


static ngx_uint_t
ngx_http_sluice_token_listed(revocation_kind_t kind, ngx_str_t *id, time_t iat)
{
    return id->len
           && ngx_http_sluice_zone_revoked(kind, (char *) id->data, id->len,
                                           iat);
}
