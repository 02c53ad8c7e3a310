/* POST /api/sessions/refresh {"refresh_token": …}: new tokens for a session. */

#ifndef NGX_HTTP_SLUICE_REFRESH_H
#define NGX_HTTP_SLUICE_REFRESH_H

#include "ngx_module/http/ngx_http_sluice.h"

/* A content handler: the refresh token is the proof, so no gate needs to stand
   in front. The answer has the new pair, or is a problem. */
ngx_int_t ngx_http_sluice_refresh_handler(ngx_http_request_t *r);

#endif
