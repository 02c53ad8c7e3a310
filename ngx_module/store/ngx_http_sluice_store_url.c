#include "ngx_http_sluice_store_internal.h"

#include "core/store/sigv4.h"


/* A path and a session's token, encoded, and what stands around them. */
#define NGX_HTTP_SLUICE_STORE_URL \
    (3 * (NGX_HTTP_SLUICE_STORE_PATH + CREDENTIALS_TOKEN_MAX) + 4096)


static ngx_int_t
ngx_http_sluice_store_text(ngx_http_request_t *r, const ngx_str_t *from,
                           const char **text)
{
    u_char *p;

    p = ngx_pnalloc(r->pool, from->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_cpystrn(p, from->data, from->len + 1);
    *text = (const char *) p;

    return NGX_OK;
}


/* "Overriding response header values" of GetObject. */

static ngx_int_t
ngx_http_sluice_store_says(ngx_http_request_t *r,
                           const ngx_http_sluice_store_says_t *says,
                           sigv4_pair_t query[2], size_t *count)
{
    *count = 0;

    if (says->disposition.len) {
        query[*count].name = "response-content-disposition";
        if (ngx_http_sluice_store_text(r, &says->disposition,
                                       &query[(*count)++].value)
            != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (says->type.len) {
        query[*count].name = "response-content-type";
        if (ngx_http_sluice_store_text(r, &says->type, &query[(*count)++].value)
            != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* The seconds are counted from the minute's beginning: so it ends when it is
   said to. */

static ngx_int_t
ngx_http_sluice_store_sign_url(ngx_http_request_t *r,
                               const ngx_http_sluice_store_t *store,
                               const sigv4_pair_t *query, size_t queries,
                               int64_t until,
                               char url[NGX_HTTP_SLUICE_STORE_URL])
{
    char plain[NGX_HTTP_SLUICE_STORE_PATH];
    char encoded[3 * NGX_HTTP_SLUICE_STORE_PATH];
    time_t minute = ngx_time() - ngx_time() % NGX_HTTP_SLUICE_STORE_MINUTE;
    int64_t seconds = ngx_min(until - minute, SIGV4_SECONDS_MAX);
    const credentials_t *who = &store->credentials;
    const sigv4_pair_t host = { "host", (const char *) store->authority };
    const sigv4_signer_t signer = { .id = who->id,
                                    .secret = who->secret,
                                    .token = who->token[0] ? who->token : NULL,
                                    .region = store->location.region,
                                    .now = minute };
    const sigv4_request_t request = {
        .method = r->method == NGX_HTTP_HEAD ? "HEAD" : "GET",
        .path = plain,
        .query = query,
        .queries = queries,
        .headers = &host,
        .headers_count = 1,
    };

    return seconds > 0
                   && ngx_http_sluice_store_path(store, &r->uri, plain, encoded)
                          == NGX_OK
                   && sigv4_url(&signer, &request, (unsigned) seconds, url,
                                NGX_HTTP_SLUICE_STORE_URL)
                          == 0
               ? NGX_OK
               : NGX_DECLINED;
}


ngx_int_t
ngx_http_sluice_store_url(ngx_http_request_t *r, int64_t until,
                          const ngx_http_sluice_store_says_t *says,
                          ngx_str_t *url)
{
    char signed_[NGX_HTTP_SLUICE_STORE_URL];
    size_t queries;
    const char *scheme;
    sigv4_pair_t query[2];
    const ngx_http_sluice_store_t *store;

    store = ngx_http_sluice_store_of(r);
    if (store == NULL) {
        return NGX_DECLINED;
    }

    if (ngx_http_sluice_store_says(r, says, query, &queries) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_sluice_store_sign_url(r, store, query, queries, until, signed_)
        != NGX_OK) {
        return NGX_DECLINED;
    }

    scheme = store->location.tls ? "https://" : "http://";
    url->data = ngx_pnalloc(r->pool, ngx_strlen(scheme)
                                         + ngx_strlen(store->authority)
                                         + ngx_strlen(signed_));
    if (url->data == NULL) {
        return NGX_ERROR;
    }

    url->len = (size_t) (ngx_sprintf(url->data, "%s%s%s", scheme,
                                     store->authority, signed_)
                         - url->data);

    return NGX_OK;
}
