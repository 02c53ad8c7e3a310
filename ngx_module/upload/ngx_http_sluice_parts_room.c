/* How much of an upload may be on this node's disk: the client waits while what
   is there goes up. */

#include "ngx_http_sluice_grow.h"
#include "ngx_http_sluice_parts.h"
#include "ngx_http_sluice_parts_internal.h"
#include "ngx_http_sluice_receive.h"

#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"
#include "core/bucket/bucket_parts.h"


/* parts that may be on this disk: those that are under way, and two that come
   in meanwhile */
#define NGX_HTTP_SLUICE_PARTS_WINDOW (NGX_HTTP_SLUICE_PARTS_AT_ONCE + 2)


static off_t
ngx_http_sluice_parts_window(const ngx_http_sluice_parts_t *parts)
{
    return parts->safe
           + NGX_HTTP_SLUICE_PARTS_WINDOW
                 * (off_t) bucket_part_size(parts->number + 1);
}


off_t
ngx_http_sluice_parts_room(const ngx_http_sluice_parts_t *parts)
{
    off_t room = ngx_http_sluice_parts_window(parts);

    return parts->length >= 0 ? ngx_min(parts->length, room) : room;
}


off_t
ngx_http_sluice_parts_space(const ngx_http_sluice_parts_t *parts, off_t chunk)
{
    off_t room = ngx_max(ngx_http_sluice_parts_room(parts), parts->spool->size);

    return chunk > 0 ? ngx_max(room, parts->spool->size + chunk) : room;
}


ngx_uint_t
ngx_http_sluice_parts_full(const ngx_http_sluice_parts_t *parts)
{
    off_t has = parts->here - parts->asked_to;

    return has >= (off_t) bucket_part_size(parts->asked + 1)
           || (parts->whole && has > 0);
}


/* What failed is not recorded: then what the bucket has counts no more. */

ngx_uint_t
ngx_http_sluice_parts_busy(const ngx_http_sluice_parts_t *parts)
{
    ngx_uint_t i;

    if (parts->job || parts->query) {
        return 1;
    }

    for (i = 0; i < NGX_HTTP_SLUICE_PARTS_AT_ONCE; i++) {
        if (parts->puts[i].job) {
            return 1;
        }
    }

    return parts->status == SLUICE_OK && parts->asked > parts->number;
}


/* The client is read from again, or hears why not. */

static void
ngx_http_sluice_parts_reserve(void *data, ngx_log_t *log)
{
    ngx_http_sluice_parts_t *parts = data;

    parts->error = ngx_sluice_spool_grow(
        parts->spool, parts->wanted,
        ngx_max(parts->wanted, ngx_http_sluice_parts_room(parts)));

    if (parts->error
        && ngx_sluice_spool_status(parts->error) != SLUICE_NO_SPACE) {
        ngx_log_error(NGX_LOG_CRIT, log, parts->error,
                      "reserving for \"%s\" failed", parts->spool->part);
    }
}


static void
ngx_http_sluice_parts_reserved(ngx_http_request_t *r, void *data)
{
    ngx_int_t rc = NGX_OK;
    ngx_http_sluice_parts_t *parts = data;

    parts->wanted = 0;
    parts->reserving = 0;

    if (parts->error) {
        parts->status = ngx_sluice_spool_status(parts->error);
        rc = status_problem(parts->status)->http;
    }

    ngx_http_sluice_receive_go_on(r, parts->receive, parts->spool->reserved,
                                  rc);
}


void
ngx_http_sluice_parts_wanted(ngx_http_sluice_parts_t *parts)
{
    off_t wanted = parts->wanted;
    ngx_http_request_t *r = parts->request;

    if (parts->reserving) {
        return;
    }

    if (parts->status != SLUICE_OK) {
        parts->wanted = 0;
        ngx_http_sluice_receive_go_on(r, parts->receive, 0,
                                      status_problem(parts->status)->http);
        return;
    }

    if (wanted > ngx_http_sluice_parts_window(parts)
        && parts->receive->sum == NULL
        && (ngx_http_sluice_parts_busy(parts)
            || ngx_http_sluice_parts_full(parts))) {
        return;
    }

    if (parts->grow) {
        parts->wanted = 0;
        ngx_http_sluice_grow_more(r, parts->grow, wanted);
        return;
    }

    parts->reserving = 1;
    (void) ngx_http_sluice_thread_wait(r, ngx_http_sluice_parts_reserve,
                                       ngx_http_sluice_parts_reserved, parts);
}
