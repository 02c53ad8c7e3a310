/* POST /api/sessions {"email": …, "password": …}, in steps: body, user's row,
   password in a thread, session's row, tokens. */

#ifndef NGX_HTTP_SLUICE_SIGN_IN_H
#define NGX_HTTP_SLUICE_SIGN_IN_H

#include "ngx_module/http/ngx_http_sluice.h"

/* A content handler, with no gate in front. The answer has the tokens and the
   user, or is a problem; the password is wiped before either is sent. */
ngx_int_t ngx_http_sluice_sign_in_handler(ngx_http_request_t *r);

#endif
