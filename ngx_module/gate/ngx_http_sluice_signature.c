#include "ngx_http_sluice_signature.h"

#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/jose/claim.h"

#include <openssl/evp.h>
#include <openssl/sha.h>


/* A key that was replaced, under whatever kid, makes another digest. */

static ngx_int_t
ngx_http_sluice_signature_digest(const jwk_t *key, const ngx_str_t *text,
                                 u_char *digest)
{
    ngx_int_t rc;
    EVP_MD_CTX *md;

    md = EVP_MD_CTX_new();

    rc = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1
                 && EVP_DigestUpdate(md, key->thumbprint,
                                     sizeof(key->thumbprint))
                        == 1
                 && EVP_DigestUpdate(md, text->data, text->len) == 1
                 && EVP_DigestFinal_ex(md, digest, NULL) == 1
             ? NGX_OK
             : NGX_ERROR;

    EVP_MD_CTX_free(md);

    return rc;
}


static jwt_result_t
ngx_http_sluice_signature_check(jwt_t *jwt, const ngx_str_t *text,
                                json_t **claims)
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

    if (ngx_http_sluice_signature_digest(jwt->key, text, digest) != NGX_OK) {
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


jwt_result_t
ngx_http_sluice_signature(const jwk_set_t *keys, const jwt_profile_t *profile,
                          const ngx_str_t *text, json_t **header,
                          json_t **claims)
{
    jwt_t jwt;
    jwt_result_t result;

    *claims = NULL;

    if (header) {
        *header = NULL;
    }

    result = jwt_open(keys, profile, (const char *) text->data, text->len,
                      &jwt);
    if (result != JWT_OK) {
        return result;
    }

    result = ngx_http_sluice_signature_check(&jwt, text, claims);

    if (result == JWT_OK && header) {
        *header = json_incref(jwt.header);
    }

    jwt_close(&jwt);

    return result;
}


sluice_status_t
ngx_http_sluice_signature_refuse(ngx_http_request_t *r, jwt_result_t result,
                                 const char *what, sluice_status_t status)
{
    if (result == JWT_INTERNAL) {
        return SLUICE_INTERNAL;
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "%s refused: %s", what,
                  jwt_result_word(result));

    return status;
}
