/* What a request for a file makes its answer depend on (RFC 9110, 13 and 14).

   nginx does it, but for what it reads otherwise: it holds If-Unmodified-Since
   against who brought If-Match, If-Modified-Since against If-None-Match, dates
   that are none against anybody, and takes ranges of HEAD. */

#ifndef NGX_HTTP_SLUICE_MEDIA_CONDITIONS_H
#define NGX_HTTP_SLUICE_MEDIA_CONDITIONS_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

/* Before the header goes out, which has the file's size, date and tag. NGX_OK:
   nginx's filters find no condition but the one to answer 304 by, and ranges as
   they understand them; NGX_HTTP_PRECONDITION_FAILED; or NGX_ERROR without
   memory. */
ngx_int_t ngx_http_sluice_media_conditions(ngx_http_request_t *r);

#endif
