/* Where media are kept: sluice_store, and what a request to a bucket is signed
   by, as variables for proxy_pass. */

#ifndef NGX_HTTP_SLUICE_STORE_H
#define NGX_HTTP_SLUICE_STORE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

/* While the configuration is read: whether media are in a bucket, so that what
   is proxied may be media, too. */
ngx_uint_t ngx_http_sluice_store_is_bucket(ngx_conf_t *cf);

/* The same of a configuration that was read. */
ngx_uint_t ngx_http_sluice_store_has_bucket(ngx_cycle_t *cycle);

/* Of this process: in how many seconds the credentials end, 0 when they have.
   NGX_DECLINED: they do not, or there are none. */
ngx_int_t ngx_http_sluice_store_ends(time_t *seconds);

/* The bucket has refused: whether the credentials' file is another by now is
   looked at without delay. */
void ngx_http_sluice_store_look(void);

#endif
