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

/* Behind the gate, before anything is proxied: NGX_HTTP_MOVED_TEMPORARILY;
   NGX_DECLINED: nginx sends it; or NGX_HTTP_INTERNAL_SERVER_ERROR. */
ngx_int_t ngx_http_sluice_media_redirect(ngx_http_request_t *r);

#endif
