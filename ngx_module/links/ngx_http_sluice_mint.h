/*
 * POST /api/links: signed links for whoever may see what they open, one or a
 * thousand in a call. The form of the body is looked at first; who may have it
 * is decided in one call of SQL, and what comes back is signed, all of it or
 * none.
 */

#ifndef NGX_HTTP_SLUICE_MINT_H
#define NGX_HTTP_SLUICE_MINT_H

#include "ngx_module/http/ngx_http_sluice.h"

ngx_int_t ngx_http_sluice_mint_handler(ngx_http_request_t *r);

#endif
