/* The row of an upload, which the record has before the spool has its file. */

#ifndef NGX_HTTP_SLUICE_HOLD_H
#define NGX_HTTP_SLUICE_HOLD_H

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "core/base/uuid.h"

#include <jansson.h>

typedef struct {
    ngx_sluice_pg_t *database;
    char actor[UUID_TEXT_SIZE];
    char id[UUID_TEXT_SIZE];
    ngx_msec_t every; /* it is renewed */
    ngx_event_t timer;
    unsigned held : 1;
} ngx_http_sluice_hold_t;

/* Asks whether the request's user may bring it: api.hold_upload(), whose `args`
   are taken over, then `handler`. Once a request: when that ends, the row goes,
   unless _end() was called. Returns what ngx_http_sluice_call() does. */
ngx_int_t ngx_http_sluice_hold(ngx_http_request_t *r,
                               ngx_http_sluice_hold_t *hold, const char *id,
                               json_t *args, ngx_http_sluice_row_pt handler,
                               void *data);

/* There is a row, and `body` is what it was answered with: it is renewed from
   now on. */
void ngx_http_sluice_hold_renew(ngx_http_sluice_hold_t *hold,
                                const json_t *body);

/* There is none, or others answer for it from here on. Fine when nothing is
   held. */
void ngx_http_sluice_hold_end(ngx_http_sluice_hold_t *hold);

#endif
