/* DELETE /api/sessions/current: the end of a session. */

#ifndef NGX_HTTP_SLUICE_SIGN_OUT_H
#define NGX_HTTP_SLUICE_SIGN_OUT_H

#include "ngx_module/http/ngx_http_sluice.h"

ngx_int_t ngx_http_sluice_sign_out_handler(ngx_http_request_t *r);

#endif
