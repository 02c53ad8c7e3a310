/* What nginx's cache has, and who waits for it. */

#ifndef NGX_HTTP_SLUICE_CACHED_H
#define NGX_HTTP_SLUICE_CACHED_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

/* Whether the cache of this zone, or, where there is none, that by which `r` is
   answered, has, or is being given, what the key of `r` names with `next` for
   an end instead of `end`. Also when nothing is cached, or its key ends
   otherwise. */
ngx_uint_t ngx_http_sluice_cached(ngx_http_request_t *r, const ngx_str_t *zone,
                                  const ngx_str_t *end, const ngx_str_t *next);

/* Whether it is answered by what the cache had. */
ngx_uint_t ngx_http_sluice_cached_hit(ngx_http_request_t *r);

/* A request that may come to wait for what another fetches: it goes on within
   some ms of having it. One of a client's, whose memory is zeroed at first. */
typedef struct {
    ngx_queue_t queue;
    ngx_http_request_t *request;
    unsigned queued : 1;
    unsigned kept : 1; /* taken out when its request ends */
} ngx_http_sluice_cached_wait_t;

ngx_int_t ngx_http_sluice_cached_await(ngx_http_request_t *r,
                                       ngx_http_sluice_cached_wait_t *wait);

#endif
