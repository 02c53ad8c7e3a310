/*
 * GET /api/jobs/{id}/events: how a job goes, as server-sent events (WHATWG
 * HTML, 9.2). The first one tells its state now, whatever was missed; an
 * event's id is the job's version. The stream ends with the job, with the
 * caller's token, and when this process drains.
 */

#ifndef NGX_HTTP_SLUICE_EVENTS_H
#define NGX_HTTP_SLUICE_EVENTS_H

#include "ngx_module/http/ngx_http_sluice.h"

ngx_int_t ngx_http_sluice_events_handler(ngx_http_request_t *r);

#endif
