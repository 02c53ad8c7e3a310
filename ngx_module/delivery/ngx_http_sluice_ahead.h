/*
 * While a slice of a bucket's file goes out, the next one is fetched into
 * nginx's cache, so that a bucket's latency is waited for once. Never more than
 * one: who goes elsewhere leaves one slice that he did not want. And who waits
 * for a slice that is being fetched is told as soon as it is there: nginx
 * itself looks every half second.
 *
 * $sluice_slice_range is the Range of what is fetched: nginx's $slice_range, or
 * that of the slice ahead. The cache's key ends with it.
 *
 * $sluice_cache_zone is the cache that it goes into: files' first slices, which
 * are playlists, pictures, and the beginnings of films, have one of their own
 * where the operator made it, and what is large pushes none of them out.
 *
 * $sluice_cache_anew is 1 where the bucket is to be asked, whatever the cache
 * has: of an original the slice that comes first. Behind one that was kept
 * others may lie in an archive, and an answer that has begun cannot say so.
 */

#ifndef NGX_HTTP_SLUICE_AHEAD_H
#define NGX_HTTP_SLUICE_AHEAD_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

/* For the table of the module whose context this has; before the configuration
   is read, and after. */
extern ngx_module_t ngx_http_sluice_bucket_filter_module;

void *ngx_http_sluice_ahead_create_conf(ngx_conf_t *cf);
ngx_int_t ngx_http_sluice_ahead_variable(ngx_conf_t *cf);
ngx_int_t ngx_http_sluice_ahead_init(ngx_conf_t *cf);

/* For filters, of whatever a bucket answered, a request or a slice of it: with
   its header, and when bytes of it have been passed on. */
void ngx_http_sluice_ahead(ngx_http_request_t *r);
void ngx_http_sluice_ahead_goes(ngx_http_request_t *r);

#endif
