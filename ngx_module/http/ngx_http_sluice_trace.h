/* Which trace a request is part of (W3C Trace Context): the one that its client
   names, or one that begins here, with nginx's $request_id. */

#ifndef NGX_HTTP_SLUICE_TRACE_H
#define NGX_HTTP_SLUICE_TRACE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "core/base/trace.h"

/* A module's preconfiguration: adds $sluice_trace, the trace's id, and
   $sluice_traceparent, for whoever is asked next. */
ngx_int_t ngx_http_sluice_trace_variables(ngx_conf_t *cf);

/* The request's traceparent, terminated: what is done for it is below it.
   NGX_ERROR without memory. */
ngx_int_t ngx_http_sluice_trace(ngx_http_request_t *r,
                                char text[TRACE_TEXT_SIZE]);

#endif
