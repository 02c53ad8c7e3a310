/* CloudFront's links at our gate: what their directives say, for their
   verifier. */

#ifndef NGX_HTTP_SLUICE_CLOUDFRONT_H
#define NGX_HTTP_SLUICE_CLOUDFRONT_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/grant/cloudfront.h"
#include "core/table/url_cache.h"

extern ngx_module_t ngx_http_sluice_cloudfront_module;

typedef struct {
    cloudfront_keys_t *keys; /* NULL: no sluice_cloudfront_key */
    ngx_array_t *origins;    /* ngx_str_t; after merging never NULL when
                                there are keys */
    url_cache_t **links;     /* this process's, made at first use */
    ngx_str_t file; /* where sluice_cloudfront_key stands, for messages */
    ngx_uint_t line;
} ngx_http_sluice_cloudfront_srv_conf_t;

#endif
