/* Calls of the functions api.* in SQL, and the arguments that URLs bring. */

#ifndef NGX_HTTP_SLUICE_CALL_H
#define NGX_HTTP_SLUICE_CALL_H

#include "ngx_http_sluice.h"
#include "ngx_http_sluice_wait.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"

#include <jansson.h>

/* Calls api.<name>(actor, args); `actor` is a user's id, or empty. The
   reference to `args` is taken over, and NULL is answered with 500. Returns
   what ngx_http_sluice_query() returns. */
ngx_int_t ngx_http_sluice_call(ngx_http_request_t *r,
                               const ngx_sluice_pg_statement_t *call,
                               const char *actor, json_t *args,
                               ngx_http_sluice_row_pt handler, void *data);

/* 1 when the text is UTF-8. */
ngx_uint_t ngx_http_sluice_utf8(ngx_str_t *text);

/* Decodes a query value in new memory; NGX_ERROR when it is not clean UTF-8
   without control characters. */
ngx_int_t ngx_http_sluice_decode(ngx_http_request_t *r, ngx_str_t *value);

/* A query argument, decoded; NGX_DECLINED when absent, NGX_ERROR as above. */
ngx_int_t ngx_http_sluice_arg(ngx_http_request_t *r, const char *name,
                              ngx_str_t *value);

/* The body that an api.* function returned, to json_decref(); NULL when there
   is none, or no answer. */
json_t *ngx_http_sluice_call_body(const ngx_sluice_pg_result_t *result);

#endif
