/* Commands of Redis that a request waits for. */

#ifndef NGX_HTTP_SLUICE_REDIS_H
#define NGX_HTTP_SLUICE_REDIS_H

#include "ngx_http_sluice.h"

#include "ngx_module/bridge/ngx_sluice_redis.h"

/* What comes of it: see ngx_sluice_redis_handler_pt. The request goes on in the
   handler, or ends there: ngx_http_sluice_finish(). */
typedef void (*ngx_http_sluice_reply_pt)(ngx_http_request_t *r, void *data,
                                         sluice_status_t status,
                                         const ngx_str_t *text);

/* SLUICE_OK: the handler will be called, on the loop, unless the request ends
   before. Else why not: SLUICE_REDIS_AWAY also where there is no Redis. */
sluice_status_t ngx_http_sluice_redis(ngx_http_request_t *r, ngx_uint_t argc,
                                      const ngx_str_t *argv,
                                      ngx_http_sluice_reply_pt handler,
                                      void *data);

#endif
