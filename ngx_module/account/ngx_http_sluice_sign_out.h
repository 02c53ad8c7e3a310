/* DELETE /api/sessions/current: the end of a session. */

#ifndef NGX_HTTP_SLUICE_SIGN_OUT_H
#define NGX_HTTP_SLUICE_SIGN_OUT_H

#include "ngx_module/http/ngx_http_sluice.h"

/* A content handler behind a gate: ends the session of the access token that
   let the request pass, with all that was made in it. 204, or a problem. */
ngx_int_t ngx_http_sluice_sign_out_handler(ngx_http_request_t *r);

#endif
