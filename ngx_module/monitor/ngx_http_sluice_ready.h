/* Which work can be done here? 503 says for what reason not. */

#ifndef NGX_HTTP_SLUICE_READY_H
#define NGX_HTTP_SLUICE_READY_H

#include "ngx_module/http/ngx_http_sluice.h"

/* Bytes can be served to those who have a link: no server is asked. */
ngx_int_t ngx_http_sluice_ready_bytes_handler(ngx_http_request_t *r);

/* The record can be written: PostgreSQL answers, is no standby, and has the
   schema that this nginx was built for. Redis is told and does not count:
   uploads are taken without it, and the worker finds its jobs in the record. */
ngx_int_t ngx_http_sluice_ready_handler(ngx_http_request_t *r);

#endif
