/* What a request says. */

#ifndef NGX_HTTP_SLUICE_REQUEST_H
#define NGX_HTTP_SLUICE_REQUEST_H

#include "ngx_http_sluice.h"

/* A walk over the headers of one name: all of them, as they came. */
typedef struct {
    ngx_list_part_t *part;
    ngx_uint_t next;
} ngx_http_sluice_headers_t;

void ngx_http_sluice_headers(ngx_http_request_t *r,
                             ngx_http_sluice_headers_t *headers);

/* The value of the next one; NULL: no more. `name` is in lower case. */
ngx_str_t *ngx_http_sluice_headers_next(ngx_http_sluice_headers_t *headers,
                                        const ngx_str_t *name);

/* How many headers of this name came, and the value of the first one; `name` is
   in lower case. 0, and `value` as it was, when there is none. */
ngx_uint_t ngx_http_sluice_request_header(ngx_http_request_t *r,
                                          const ngx_str_t *name,
                                          ngx_str_t *value);

/* Decodes a query value in new memory; NGX_ERROR when it is no clean text (see
   text.h). */
ngx_int_t ngx_http_sluice_request_decode(ngx_http_request_t *r,
                                         ngx_str_t *value);

/* A query argument, decoded; NGX_DECLINED when absent, NGX_ERROR as above. */
ngx_int_t ngx_http_sluice_request_arg(ngx_http_request_t *r, const char *name,
                                      ngx_str_t *value);

/* Of the cookies of this name, in their order, the one at `nth`; how many there
   are up to that (RFC 6265, 4.2.1). */
ngx_uint_t ngx_http_sluice_request_cookie(ngx_http_request_t *r,
                                          const ngx_str_t *name, ngx_uint_t nth,
                                          ngx_str_t *value);

#endif
