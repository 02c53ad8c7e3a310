/* PostgreSQL for content handlers, which return NGX_DONE while it is asked. */

#ifndef NGX_HTTP_SLUICE_QUERY_H
#define NGX_HTTP_SLUICE_QUERY_H

#include "ngx_http_sluice.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "core/base/status.h"

typedef void (*ngx_http_sluice_row_pt)(ngx_http_request_t *r, void *data,
                                       const ngx_sluice_pg_result_t *result);

/* Queries sluice_database, for whose request it is, and goes on in `handler`,
   unless the client has left.
   When the query cannot be submitted, answers and returns the final status. */
ngx_int_t ngx_http_sluice_query(ngx_http_request_t *r,
                                const ngx_sluice_pg_statement_t *statement,
                                const ngx_str_t *params,
                                ngx_http_sluice_row_pt handler, void *data);

/* The same, but answers nothing: SLUICE_OK, or why it was not submitted. */
sluice_status_t ngx_http_sluice_query_try(
    ngx_http_request_t *r, const ngx_sluice_pg_statement_t *statement,
    const ngx_str_t *params, ngx_http_sluice_row_pt handler, void *data);

/* The same of sluice_database_replica. */
sluice_status_t ngx_http_sluice_query_replica(
    ngx_http_request_t *r, const ngx_sluice_pg_statement_t *statement,
    const ngx_str_t *params, ngx_http_sluice_row_pt handler, void *data);

/* The same, and after `patience` ms without an answer `handler` gets one that
   the database is away: for those who ask how it does. */
sluice_status_t ngx_http_sluice_query_within(
    ngx_http_request_t *r, const ngx_sluice_pg_statement_t *statement,
    ngx_msec_t patience, ngx_http_sluice_row_pt handler, void *data);

/* A value as terminated text in the request's memory; NGX_DECLINED, and no
   data, when it is NULL; NGX_ERROR without memory. */
ngx_int_t ngx_http_sluice_query_text(ngx_http_request_t *r,
                                     const ngx_sluice_pg_result_t *result,
                                     ngx_uint_t row, ngx_uint_t column,
                                     ngx_str_t *value);

#endif
