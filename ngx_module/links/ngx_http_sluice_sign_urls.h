/* Signed URLs in answers: section 3 of the token contract in README.md. */

#ifndef NGX_HTTP_SLUICE_SIGN_URLS_H
#define NGX_HTTP_SLUICE_SIGN_URLS_H

#include "ngx_module/http/ngx_http_sluice.h"

#include <jansson.h>

/* Replaces the paths in `links` of a media object, or of each of its `items`,
   by absolute signed URLs, which end with the caller's session. One that cannot
   be signed is left out, and the log tells why. NGX_OK, or NGX_ERROR without
   memory. */
ngx_int_t ngx_http_sluice_sign_urls(ngx_http_request_t *r, json_t *body);

/* The longest life of such a URL, in seconds. */
time_t ngx_http_sluice_sign_urls_longest(time_t link_ttl);

#endif
