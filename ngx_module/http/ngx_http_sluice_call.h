/* Calls of the functions api.* in SQL. */

#ifndef NGX_HTTP_SLUICE_CALL_H
#define NGX_HTTP_SLUICE_CALL_H

#include "ngx_http_sluice.h"
#include "ngx_http_sluice_query.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"

#include <jansson.h>

/* Calls api.<name>(actor, args); `actor` is a user's id, or empty. The
   reference to `args` is taken over, and NULL is answered with 500. They get a
   `trace`, the request's, which api.traced() takes out. Returns what
   ngx_http_sluice_query() returns. */
ngx_int_t ngx_http_sluice_call(ngx_http_request_t *r,
                               const ngx_sluice_pg_statement_t *call,
                               const char *actor, json_t *args,
                               ngx_http_sluice_row_pt handler, void *data);

/* The same of one that changes nothing: a replica may answer it. */
ngx_int_t ngx_http_sluice_call_replica(ngx_http_request_t *r,
                                       const ngx_sluice_pg_statement_t *call,
                                       const char *actor, json_t *args,
                                       ngx_http_sluice_row_pt handler,
                                       void *data);

/* The body that an api.* function returned, to json_decref(); NULL when there
   is none, or no answer. */
json_t *ngx_http_sluice_call_body(const ngx_sluice_pg_result_t *result);

#endif
