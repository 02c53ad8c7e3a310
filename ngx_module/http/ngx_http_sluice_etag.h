/* Entity tags and what requests make depend on them (RFC 9110, 8.8.3 and 13).

   A tag is "<version>.<digest>": the version changes with what people edit and
   is what If-Match goes by; the digest is the body's, signed links and all. A
   body without a version has its digest alone. It is no weak tag, and nginx's
   gzip does not make it one: If-Match would never hold. */

#ifndef NGX_HTTP_SLUICE_ETAG_H
#define NGX_HTTP_SLUICE_ETAG_H

#include "ngx_http_sluice.h"
#include "core/base/status.h"

#include <jansson.h>

/* The tag of a body; `version` may be NULL. NGX_ERROR without memory. */
ngx_int_t ngx_http_sluice_etag_make(ngx_http_request_t *r, const char *version,
                                    const ngx_str_t *body, ngx_str_t *etag);

/* Whether a GET or HEAD says, by If-None-Match, that it has this one, which is
   a strong one; NULL: what has no tag is there all the same. */
ngx_uint_t ngx_http_sluice_etag_known(ngx_http_request_t *r,
                                      const ngx_str_t *etag);

/* The same of If-Match: whether it is the one that is asked for. */
ngx_uint_t ngx_http_sluice_etag_met(ngx_http_request_t *r,
                                    const ngx_str_t *etag);

/* Puts the versions of If-Match into `args` as "if_match": an array, or null
   for what is without this header or matches anything. SLUICE_OK; else
   SLUICE_HEADER_INVALID for a header that is no list of tags, or
   SLUICE_INTERNAL. */
sluice_status_t ngx_http_sluice_etag_if_match(ngx_http_request_t *r,
                                              json_t *args);

#endif
