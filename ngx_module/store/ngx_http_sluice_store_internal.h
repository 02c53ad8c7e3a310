/* What the store's module and its keeper of credentials share. */

#ifndef NGX_HTTP_SLUICE_STORE_INTERNAL_H
#define NGX_HTTP_SLUICE_STORE_INTERNAL_H

#include "ngx_http_sluice_store.h"

#include "core/store/credentials.h"
#include "core/store/location.h"

/* Of this process. */
typedef struct {
    location_t location;
    u_char authority[LOCATION_AUTHORITY_SIZE]; /* host, and port */
    credentials_t credentials;
    ngx_uint_t version; /* of the credentials: another when they changed */
} ngx_http_sluice_store_t;

#define NGX_HTTP_SLUICE_STORE_MINUTE 60 /* s: so long one signature is used */
#define NGX_HTTP_SLUICE_STORE_PATH 2048 /* bytes of a path, and of its form */

/* The bucket that requests are signed for; NULL: media are in a folder. */
const ngx_http_sluice_store_t *ngx_http_sluice_store_of(ngx_http_request_t *r);

/* The path in the bucket, as it is before and after encoding. NGX_DECLINED: no
   file of the store has such a one. */
ngx_int_t
ngx_http_sluice_store_path(const ngx_http_sluice_store_t *store,
                           const ngx_str_t *uri,
                           char plain[NGX_HTTP_SLUICE_STORE_PATH],
                           char encoded[3 * NGX_HTTP_SLUICE_STORE_PATH]);

/* While the configuration is read: from the file, or else from the environment.
   NGX_OK, or NGX_ERROR with a sentence in `err`. */
ngx_int_t ngx_http_sluice_store_first(ngx_http_sluice_store_t *store, char *err,
                                      size_t err_size);

/* When a process begins: looks every second whether the file is another, in a
   thread. What cannot be read leaves those that are there, and is said in the
   log once; so is that they have ended. */
ngx_int_t ngx_http_sluice_store_keep(ngx_http_sluice_store_t *store,
                                     ngx_cycle_t *cycle);
void ngx_http_sluice_store_end(void);

/* Whether there are some that have not ended. */
ngx_uint_t ngx_http_sluice_store_good(const ngx_http_sluice_store_t *store);

/* When a process begins, and ends: what threads ask of this bucket. */
ngx_int_t ngx_http_sluice_store_lane_begin(ngx_http_sluice_store_t *store);
void ngx_http_sluice_store_lane_end(void);

#endif
