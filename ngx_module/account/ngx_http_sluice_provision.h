/* A foreign token's user gets a row before the API does anything for it: once a
   token and process, since the row follows what the token says. */

#ifndef NGX_HTTP_SLUICE_PROVISION_H
#define NGX_HTTP_SLUICE_PROVISION_H

#include "ngx_module/http/ngx_http_sluice.h"

/* For requests of a foreign token's user, before what needs the row of a user:
   NGX_DECLINED when it has one, else what a content handler returns; `handler`
   then goes on later. */
ngx_int_t ngx_http_sluice_provision(ngx_http_request_t *r,
                                    ngx_http_handler_pt handler);

#endif
