/*
 * Who watches which job in this process, and how it hears of it: over one
 * subscription to Redis's channel sluice:progress, which begins with the first
 * watcher. While Redis is away the record is asked every two seconds, for all
 * watched jobs, some hundreds at once; and now and then in any case, since a
 * message may be lost.
 */

#ifndef NGX_HTTP_SLUICE_WATCH_H
#define NGX_HTTP_SLUICE_WATCH_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/job_message.h"
#include "core/base/uuid.h"


typedef struct ngx_http_sluice_watcher_s ngx_http_sluice_watcher_t;

/* Called for each change that tells the watcher something new, and (with NULL)
   about twice a second; `leaving`: the process drains. */
typedef void (*ngx_http_sluice_watch_pt)(ngx_http_sluice_watcher_t *watcher,
                                         const job_message_t *message,
                                         ngx_uint_t leaving);

/* The owner's memory, who must not go away within a call. */
struct ngx_http_sluice_watcher_s {
    ngx_queue_t queue;
    char job[UUID_TEXT_SIZE];
    int64_t version; /* of what it knows; -1: nothing */
    ngx_http_sluice_watch_pt handler;
};

/* NGX_ERROR without memory; then it hears nothing. _unwatch() in any case. */
ngx_int_t ngx_http_sluice_watch(ngx_http_sluice_main_conf_t *smcf,
                                ngx_http_sluice_watcher_t *watcher);
void ngx_http_sluice_unwatch(ngx_http_sluice_watcher_t *watcher);

#endif
