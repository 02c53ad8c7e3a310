/* GET /api/jobs/{id}/events. */

#ifndef NGX_HTTP_SLUICE_EVENTS_H
#define NGX_HTTP_SLUICE_EVENTS_H

#include "ngx_module/http/ngx_http_sluice.h"

ngx_int_t ngx_http_sluice_events_handler(ngx_http_request_t *r);

#endif
