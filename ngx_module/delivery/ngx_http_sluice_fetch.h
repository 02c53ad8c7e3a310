/*
 * What no client asked for: a file of a bucket, or a range of one, that nginx's
 * cache is to have. It is fetched by a request of its own, whose client is
 * nobody: so it outlives the one for which it was begun, holds up none that
 * comes behind that, passes no gate and counts for no user.
 */

#ifndef NGX_HTTP_SLUICE_FETCH_H
#define NGX_HTTP_SLUICE_FETCH_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

/* How many a process has under way at once. */
#define NGX_HTTP_SLUICE_FETCHES 16

/* Has the location that answers `r` fetch `uri` into its cache. `range` is for
   ngx_http_sluice_fetch_range(). Neither text need outlive the call. NGX_OK: it
   has begun, or ended; NGX_BUSY: as many as may be are under way; NGX_ERROR
   without memory. */
ngx_int_t ngx_http_sluice_fetch(ngx_http_request_t *r, const ngx_str_t *uri,
                                const ngx_str_t *range);

/* The range that such a request fetches; NULL: it is a client's. */
const ngx_str_t *ngx_http_sluice_fetch_range(ngx_http_request_t *r);

#endif
