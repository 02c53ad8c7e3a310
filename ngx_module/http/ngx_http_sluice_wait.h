/* Waiting without blocking: for the access phase, for PostgreSQL, for threads.
 */

#ifndef NGX_HTTP_SLUICE_WAIT_H
#define NGX_HTTP_SLUICE_WAIT_H

#include "ngx_http_sluice.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "core/base/status.h"

/* The access phase waits: its handler then returns NGX_AGAIN, and is entered
   again after _resume(), which is never called from inside that handler. */
void ngx_http_sluice_access_wait(ngx_http_request_t *r);
void ngx_http_sluice_access_resume(ngx_http_request_t *r);

/* The rest is for content handlers, which then return NGX_DONE. */

typedef void (*ngx_http_sluice_step_pt)(ngx_http_request_t *r, void *data);

typedef void (*ngx_http_sluice_row_pt)(ngx_http_request_t *r, void *data,
                                       const ngx_sluice_pg_result_t *result);

/* Queries sluice_database and goes on in `handler`, unless the client has left.
   When the query cannot be submitted, answers and returns the final status. */
ngx_int_t ngx_http_sluice_query(ngx_http_request_t *r,
                                const ngx_sluice_pg_statement_t *statement,
                                const ngx_str_t *params,
                                ngx_http_sluice_row_pt handler, void *data);

/* The same, but answers nothing: SLUICE_OK, or why it was not submitted. */
sluice_status_t ngx_http_sluice_query_try(
    ngx_http_request_t *r, const ngx_sluice_pg_statement_t *statement,
    const ngx_str_t *params, ngx_http_sluice_row_pt handler, void *data);

/* Runs `work` on `data` in the thread pool and goes on in `step` on the loop;
   `data` lives in r->pool, which waits for the thread. NGX_DONE; NGX_BUSY when
   the pool is full; else the final status. */
ngx_int_t ngx_http_sluice_thread_try(ngx_http_request_t *r,
                                     void (*work)(void *data, ngx_log_t *log),
                                     ngx_http_sluice_step_pt step, void *data);

/* The same, but a full pool is answered with 503. */
ngx_int_t ngx_http_sluice_thread_post(ngx_http_request_t *r,
                                      void (*work)(void *data, ngx_log_t *log),
                                      ngx_http_sluice_step_pt step, void *data);

/* The same, but a full pool is waited for, in the order in which requests came.
   NGX_DONE: it is under way; NGX_AGAIN: it waits; NGX_ERROR: the request has
   ended. */
ngx_int_t ngx_http_sluice_thread_wait(ngx_http_request_t *r,
                                      void (*work)(void *data, ngx_log_t *log),
                                      ngx_http_sluice_step_pt step, void *data);

/* Ends a request from one of the callbacks above. */
void ngx_http_sluice_finish(ngx_http_request_t *r, ngx_int_t rc);

#endif
