/*
 * CloudFront's signed URLs and signed cookies, for a platform that moves over
 * with the signer it has; see core/grant/cloudfront.h. A link that is for what
 * was asked says so as a grant for all paths, else as one for none.
 */

#include "ngx_http_sluice_cloudfront.h"
#include "ngx_http_sluice_verifier_rows.h"

#include "ngx_module/zone/ngx_http_sluice_zone.h"


#define NGX_HTTP_SLUICE_CLOUDFRONT_LINKS 4096 /* remembered per process */


static ngx_uint_t
ngx_http_sluice_cloudfront_by_query(
    const ngx_http_sluice_credential_t *credential)
{
    return credential->carrier == NGX_HTTP_SLUICE_CARRIER_QUERY;
}


/* A signed URL that opened before, to any address: of its policy only the
   times can have changed their minds. */

token_t *
ngx_http_sluice_cloudfront_find(ngx_http_request_t *r,
                                const ngx_http_sluice_credential_t *credential)
{
    int64_t nbf, exp;
    ngx_http_sluice_cloudfront_srv_conf_t *scscf;

    static token_t token = { .kind = TOKEN_GRANT };

    scscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_cloudfront_module);

    if (!ngx_http_sluice_cloudfront_by_query(credential)
        || *scscf->links == NULL
        || !url_cache_find(*scscf->links, (char *) credential->text.data,
                           credential->text.len, &nbf, &exp)) {
        return NULL;
    }

    cloudfront_grant(nbf, exp, NULL, 1, &token.u.grant);

    return &token;
}


/*
 * A canned policy is signed for one of the origins: first each is looked up
 * among those that were verified before, which costs a digest, and only then
 * each is verified.
 */

static sluice_status_t
ngx_http_sluice_cloudfront_check(ngx_http_sluice_cloudfront_srv_conf_t *scscf,
                                 cloudfront_t *cf, const ngx_str_t *target,
                                 ngx_uint_t by_query)
{
    char url[CLOUDFRONT_URL_MAX];
    u_char digest[CLOUDFRONT_DIGEST_SIZE];
    ssize_t len;
    ngx_str_t *origin;
    ngx_uint_t i, n, seen;
    sluice_status_t status;

    origin = scscf->origins->elts;
    n = cf->canned ? scscf->origins->nelts : 1;

    for (i = 0; i < 2 * n; i++) {
        seen = (i < n);

        if (cf->canned) {
            len = cloudfront_url(url, (char *) origin[i % n].data,
                                 origin[i % n].len, (char *) target->data,
                                 target->len, by_query);
            if (len == -1) {
                return SLUICE_GRANT_INVALID;
            }

            cloudfront_canned(cf, url, (size_t) len);
        }

        if (cloudfront_digest(cf, digest) != 0) {
            return SLUICE_INTERNAL;
        }

        if (seen ? !ngx_http_sluice_zone_verified(digest)
                 : !cloudfront_check(cf)) {
            continue;
        }

        status = cloudfront_policy(cf);

        if (!seen && status == SLUICE_OK && cf->exp > ngx_time()) {
            ngx_http_sluice_zone_remember(digest, (time_t) cf->exp);
        }

        return status;
    }

    return SLUICE_GRANT_INVALID;
}


/* Whether it is for what was asked: a custom policy may be for any of the
   origins. */

static sluice_status_t
ngx_http_sluice_cloudfront_covers(ngx_http_sluice_cloudfront_srv_conf_t *scscf,
                                  const cloudfront_t *cf,
                                  const ngx_str_t *target, ngx_uint_t by_query,
                                  ngx_uint_t *covered)
{
    char url[CLOUDFRONT_URL_MAX];
    ssize_t len;
    ngx_str_t *origin;
    ngx_uint_t i;

    origin = scscf->origins->elts;
    *covered = 0;

    for (i = 0; i < scscf->origins->nelts && !*covered; i++) {
        len = cloudfront_url(url, (char *) origin[i].data, origin[i].len,
                             (char *) target->data, target->len, by_query);
        if (len == -1) {
            return SLUICE_GRANT_PATH;
        }

        *covered = (ngx_uint_t) cloudfront_covers(cf, url, (size_t) len);
    }

    return SLUICE_OK;
}


/* One that is bound to an address, or is over, is not worth a place. */

static void
ngx_http_sluice_cloudfront_remember(
    ngx_http_sluice_cloudfront_srv_conf_t *scscf, const cloudfront_t *cf,
    const ngx_str_t *target)
{
    if (cf->restricted || cf->exp <= ngx_time()) {
        return;
    }

    if (*scscf->links == NULL) {
        *scscf->links = url_cache_create(NGX_HTTP_SLUICE_CLOUDFRONT_LINKS);
    }

    if (*scscf->links) {
        url_cache_put(*scscf->links, (char *) target->data, target->len,
                      cf->nbf, cf->exp);
    }
}


sluice_status_t
ngx_http_sluice_cloudfront_verify(
    ngx_http_request_t *r, const ngx_http_sluice_credential_t *credential,
    token_t *token)
{
    cloudfront_t cf;
    ngx_uint_t by_query, covered;
    sluice_status_t status;
    const ngx_str_t *target = &credential->text;
    ngx_http_sluice_cloudfront_srv_conf_t *scscf;

    scscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_cloudfront_module);

    if (scscf->keys == NULL) {
        return SLUICE_UNAUTHENTICATED;
    }

    by_query = ngx_http_sluice_cloudfront_by_query(credential);

    status = cloudfront_parse(scscf->keys, credential->parts, &cf);

    if (status == SLUICE_OK) {
        status = ngx_http_sluice_cloudfront_check(scscf, &cf, target, by_query);
    }

    if (status == SLUICE_OK) {
        status = ngx_http_sluice_cloudfront_covers(scscf, &cf, target, by_query,
                                                   &covered);
    }

    if (status != SLUICE_OK) {
        return status;
    }

    if (by_query && covered) {
        ngx_http_sluice_cloudfront_remember(scscf, &cf, target);
    }

    cloudfront_grant(cf.nbf, cf.exp, cf.restricted ? &cf.ip : NULL,
                     (int) covered, &token->u.grant);

    return SLUICE_OK;
}
