/* Threads for content handlers, which return NGX_DONE while one is at work. */

#ifndef NGX_HTTP_SLUICE_THREAD_H
#define NGX_HTTP_SLUICE_THREAD_H

#include "ngx_http_sluice.h"

#include "ngx_module/bridge/ngx_sluice_lane.h"

typedef void (*ngx_http_sluice_step_pt)(ngx_http_request_t *r, void *data);

/* Runs `work` on `data` in the thread pool and goes on in `step` on the loop;
   `data` lives in r->pool, which waits for the thread. NGX_DONE; NGX_BUSY when
   the pool is full; else the final status. */
ngx_int_t ngx_http_sluice_thread_try(ngx_http_request_t *r,
                                     void (*work)(void *data, ngx_log_t *log),
                                     ngx_http_sluice_step_pt step, void *data);

/* The same, but a full pool is waited for, in the order in which requests came.
   NGX_DONE: it is under way; NGX_AGAIN: it waits; NGX_ERROR: the request has
   ended. */
ngx_int_t ngx_http_sluice_thread_wait(ngx_http_request_t *r,
                                      void (*work)(void *data, ngx_log_t *log),
                                      ngx_http_sluice_step_pt step, void *data);

/* The same in a lane of its own; a full one is answered with 503. */
ngx_int_t ngx_http_sluice_thread_lane(ngx_http_request_t *r,
                                      ngx_sluice_lane_t *lane,
                                      void (*work)(void *data, ngx_log_t *log),
                                      ngx_http_sluice_step_pt step, void *data);

#endif
