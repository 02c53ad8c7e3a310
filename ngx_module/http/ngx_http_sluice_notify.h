/* What workers and whoever watches jobs are told over Redis: best effort, since
   the record has it all. */

#ifndef NGX_HTTP_SLUICE_NOTIFY_H
#define NGX_HTTP_SLUICE_NOTIFY_H

#include "ngx_http_sluice.h"

#include <jansson.h>

/* Wakes a worker for each job in `wake` and publishes what is in `publish`, an
   array of {"channel", "message"}; takes both out of the body. */
void ngx_http_sluice_notify(ngx_http_request_t *r, json_t *body);

/* Wakes a worker for a job, by its id. */
void ngx_http_sluice_notify_wake(ngx_http_request_t *r, const char *job);

#endif
