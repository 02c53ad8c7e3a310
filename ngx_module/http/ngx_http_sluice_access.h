/* How the access phase waits without blocking. */

#ifndef NGX_HTTP_SLUICE_ACCESS_H
#define NGX_HTTP_SLUICE_ACCESS_H

#include "ngx_http_sluice.h"

/* The handler returns NGX_AGAIN after _wait(), and is entered again after
   _resume(), which is never called from inside it. */
void ngx_http_sluice_access_wait(ngx_http_request_t *r);
void ngx_http_sluice_access_resume(ngx_http_request_t *r);

#endif
