/* Bytes of an upload whose length nobody knows: asked for before they are
   written, some at a time. */

#ifndef NGX_HTTP_SLUICE_GROW_H
#define NGX_HTTP_SLUICE_GROW_H

#include "ngx_http_sluice_receive.h"

#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "core/base/status.h"

typedef struct {
    /* the caller's */
    ngx_http_sluice_receive_t *receive;
    off_t granted; /* bytes that the record lets it have */

    off_t wanted;
    sluice_status_t refused; /* SLUICE_OK, or why the record let it not */
    ngx_err_t error;         /* 0, or why the disk did */
} ngx_http_sluice_grow_t;

/* Calls api.grow_upload(): for an upload that has `has` bytes, and gets as
   many `more`, or -1 when that is not known; or for one whose `length` is known
   now, else -1. Returns what ngx_http_sluice_call() does. */
ngx_int_t ngx_http_sluice_grow(ngx_http_request_t *r, const char *id, off_t has,
                               off_t more, off_t length,
                               ngx_http_sluice_row_pt handler, void *data);

/* Bytes that an answer of the record grants; 0 when it refuses, and then
   `refused` says why. The body of that answer is not taken over. */
off_t ngx_http_sluice_grow_granted(ngx_http_sluice_grow_t *grow,
                                   const ngx_sluice_pg_result_t *result);

/* What _receive() calls for more than it may write: `data` is its state. */
void ngx_http_sluice_grow_more(ngx_http_request_t *r, void *data, off_t wanted);

#endif
