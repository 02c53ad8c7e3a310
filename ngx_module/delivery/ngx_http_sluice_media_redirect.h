/*
 * sluice_media … delivery=redirect: instead of a large file of the bucket its
 * signed URL, good for as long as what passed. Bytes do not go through nginx
 * then, so that nothing is counted or held back here: where a link or a plan
 * asks for that, they do.
 */

#ifndef NGX_HTTP_SLUICE_MEDIA_REDIRECT_H
#define NGX_HTTP_SLUICE_MEDIA_REDIRECT_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

/* Whether it is an original, which may lie in an archive. */
ngx_uint_t ngx_http_sluice_media_is_original(ngx_http_request_t *r);

/* Behind the gate, before anything is proxied: NGX_HTTP_MOVED_TEMPORARILY;
   NGX_DECLINED: nginx sends it, or asks the bucket first whether it gives it;
   or NGX_HTTP_INTERNAL_SERVER_ERROR. */
ngx_int_t ngx_http_sluice_media_redirect(ngx_http_request_t *r);

/* The same of one that the bucket gives. */
ngx_int_t ngx_http_sluice_media_redirect_to(ngx_http_request_t *r);

#endif
