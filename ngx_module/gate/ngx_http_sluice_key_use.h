/* When a service account's key was used last: told to the record by each
   process once a minute, behind the request. */

#ifndef NGX_HTTP_SLUICE_KEY_USE_H
#define NGX_HTTP_SLUICE_KEY_USE_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/table/token_table.h"

/* Of a key that was let pass: notes it, unless that was done just now. What the
   database does not take is lost. */
void ngx_http_sluice_key_use(ngx_http_request_t *r, token_t *token);

#endif
