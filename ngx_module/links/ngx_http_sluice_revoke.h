/* DELETE /api/links/{jti}: for the one who minted it, and for admins. */

#ifndef NGX_HTTP_SLUICE_REVOKE_H
#define NGX_HTTP_SLUICE_REVOKE_H

#include "ngx_module/http/ngx_http_sluice.h"

/* A content handler behind a gate. 204 once the record has it, or a
   problem. */
ngx_int_t ngx_http_sluice_revoke_handler(ngx_http_request_t *r);

#endif
