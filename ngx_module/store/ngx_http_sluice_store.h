/* Where media are kept: sluice_store, and what a request to a bucket is signed
   by, as variables for proxy_pass. */

#ifndef NGX_HTTP_SLUICE_STORE_H
#define NGX_HTTP_SLUICE_STORE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

/* While the configuration is read: whether media are in a bucket, so that what
   is proxied may be media, too. */
ngx_uint_t ngx_http_sluice_store_is_bucket(ngx_conf_t *cf);

/* The same of a configuration that was read. */
ngx_uint_t ngx_http_sluice_store_has_bucket(ngx_cycle_t *cycle);

/* Of this process: in how many seconds the credentials end, 0 when they have.
   NGX_DECLINED: they do not, or there are none. */
ngx_int_t ngx_http_sluice_store_ends(time_t *seconds);

/* The bucket has refused: whether the credentials' file is another by now is
   looked at without delay. */
void ngx_http_sluice_store_look(void);

/* What of an answer the bucket is to say otherwise than it would: texts of the
   caller's, or empty. */
typedef struct {
    ngx_str_t type;
    ngx_str_t disposition;
} ngx_http_sluice_store_says_t;

/* A URL of the request's file in the bucket, that opens by the request's method
   until then, s since 1970, but for seven days at most, and no longer than a
   session of ours lives. It is the same for a minute. NGX_OK; NGX_DECLINED:
   there is no bucket, or no such URL; NGX_ERROR without memory. */
ngx_int_t ngx_http_sluice_store_url(ngx_http_request_t *r, int64_t until,
                                    const ngx_http_sluice_store_says_t *says,
                                    ngx_str_t *url);

#endif
