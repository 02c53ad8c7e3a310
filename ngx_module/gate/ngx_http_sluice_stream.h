/*
 * How many streams a user has at once, on all machines together. As with uses
 * and bytes of a link, Redis counts what all machines serve, in one round trip,
 * and the zone what this one does: while Redis is away, that will do unless the
 * operator says otherwise. Nobody is asked for users whose plan names no
 * number.
 *
 * A stream is a title on a device: streams.h. The title is the media folder;
 * the device is a session, or a link that names none, at an address.
 */

#ifndef NGX_HTTP_SLUICE_STREAM_H
#define NGX_HTTP_SLUICE_STREAM_H

#include "ngx_http_sluice_gate.h"

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"
#include "core/table/streams.h"

typedef struct ngx_http_sluice_stream_ask_s ngx_http_sluice_stream_ask_t;

struct ngx_http_sluice_stream_s {
    ngx_http_request_t *request;
    stream_t stream;
    uint32_t limit;
    ngx_uint_t alone; /* while Redis is away, the zone counts */
    ngx_uint_t told;  /* it was asked for, and `status` is the answer */
    ngx_uint_t taken; /* and it is one of those that the user may have */
    sluice_status_t status;
    time_t again; /* when it is to be said that it goes on */
    ngx_http_sluice_stream_ask_t *ask; /* on its way */
};

/* 1 when a request for it is one for sound or pictures that move. */
ngx_uint_t ngx_http_sluice_stream_is(ngx_http_request_t *r);

/* For the access phase: NGX_OK and the verdict, SLUICE_OK,
   SLUICE_STREAMS_EXCEEDED, or why nobody could tell; or NGX_AGAIN, and the
   phase is entered again. It ends with the request. */
ngx_int_t ngx_http_sluice_stream_take(ngx_http_request_t *r,
                                      ngx_http_sluice_gate_ctx_t *ctx,
                                      uint32_t limit, const ngx_str_t *session,
                                      ngx_uint_t offline,
                                      sluice_status_t *verdict);

/* More of its answer leaves. */
void ngx_http_sluice_stream_goes_on(ngx_http_sluice_stream_t *stream);

#endif
