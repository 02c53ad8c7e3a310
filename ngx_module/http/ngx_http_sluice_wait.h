/* What a request waits with, and the body that it brought: this room's own. */

#ifndef NGX_HTTP_SLUICE_WAIT_H
#define NGX_HTTP_SLUICE_WAIT_H

#include "ngx_http_sluice.h"

#include "ngx_module/bridge/ngx_sluice_lane.h"

typedef struct ngx_http_sluice_turn_s ngx_http_sluice_turn_t;

typedef struct {
    ngx_thread_task_t *task;   /* reused by each _thread_try() */
    ngx_sluice_lane_job_t job; /* of a lane, and what it does */
    void (*lane_work)(void *data, ngx_log_t *log);
    void (*step)(ngx_http_request_t *r, void *data); /* after it, on the loop */
    void *step_data;
    ngx_http_sluice_turn_t *turn; /* in the line; NULL: it never waited */

    ngx_str_t body;                   /* a JSON body, as text */
    size_t body_max;                  /* bytes it may have */
    u_char *body_loaded;              /* what lay in a file; NULL: in vain */
    ngx_http_handler_pt body_handler; /* what comes after it was read */
} ngx_http_sluice_wait_t;

/* The context, made when missing. NULL without memory. */
ngx_http_sluice_wait_t *ngx_http_sluice_wait(ngx_http_request_t *r);

/* The same, but NULL when nothing has made one. */
ngx_http_sluice_wait_t *ngx_http_sluice_find_wait(ngx_http_request_t *r);

#endif
