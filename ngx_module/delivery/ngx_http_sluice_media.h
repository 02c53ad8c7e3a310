/* What the media module and the filter of what comes from a bucket share. */

#ifndef NGX_HTTP_SLUICE_MEDIA_H
#define NGX_HTTP_SLUICE_MEDIA_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

/* Whether what this location proxies are media of a bucket: `sluice_media on`
   beside proxy_pass, and a sluice_store that is one. */
ngx_uint_t ngx_http_sluice_media_proxied(ngx_http_request_t *r);

/* Whether this location leads to the file by a redirect, once the bucket was
   asked for it. */
ngx_uint_t ngx_http_sluice_media_redirects(ngx_http_request_t *r);

/* The headers of a media file, instead of those that its origin said: how long
   it may be kept, and that no browser takes it for more than it is. NGX_OK, or
   NGX_ERROR without memory. */
ngx_int_t ngx_http_sluice_media_publish(ngx_http_request_t *r,
                                        const char *type);

#endif
