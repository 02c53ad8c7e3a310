/* POST /api/sessions/challenge {"challenge": …, "code": …}: a sign-in goes on
   with a second factor. */

#ifndef NGX_HTTP_SLUICE_CONTINUE_H
#define NGX_HTTP_SLUICE_CONTINUE_H

#include "ngx_module/http/ngx_http_sluice.h"

/* A content handler: the challenge is the proof, so no gate needs to stand in
   front. What is none is known without the record. */
ngx_int_t ngx_http_sluice_continue_handler(ngx_http_request_t *r);

#endif
