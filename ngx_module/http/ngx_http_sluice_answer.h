/* Answers; each function returns what a content handler returns or
   ngx_http_finalize_request() takes. */

#ifndef NGX_HTTP_SLUICE_ANSWER_H
#define NGX_HTTP_SLUICE_ANSWER_H

#include "ngx_http_sluice.h"

#include "core/base/status.h"

#include <jansson.h>

/* application/json with Cache-Control: no-store; `body` must outlive the
   request. An empty body sends none. */
ngx_int_t ngx_http_sluice_json(ngx_http_request_t *r, ngx_uint_t status,
                               ngx_str_t *body);

/* The same from a JSON value, whose reference is taken over. */
ngx_int_t ngx_http_sluice_json_value(ngx_http_request_t *r, ngx_uint_t status,
                                     json_t *value);

/* The same with an entity tag: see ngx_http_sluice_etag.h; `version` may be
   NULL. A client that has it gets 304. */
ngx_int_t ngx_http_sluice_json_tagged(ngx_http_request_t *r, ngx_uint_t status,
                                      json_t *value, const char *version);

/* application/problem+json (RFC 9457). `detail` and `field` may be NULL. */
ngx_int_t ngx_http_sluice_problem(ngx_http_request_t *r, sluice_status_t status,
                                  const char *detail, const char *field);

/* What a problem may have besides; zeroed: nothing. */
typedef struct {
    json_t *members;    /* of its body (RFC 9457, 3.2); the reference is taken
                           over */
    time_t max_age;     /* how old an authentication may be: RFC 9470, 3 */
    const char *scope;  /* that a key must have: RFC 6750, 3.1 */
    time_t retry_after; /* for a status that does not say so by itself */
} ngx_http_sluice_more_t;

ngx_int_t ngx_http_sluice_problem_more(ngx_http_request_t *r,
                                       sluice_status_t status,
                                       const char *detail, const char *field,
                                       const ngx_http_sluice_more_t *more);

/* Sets Retry-After (RFC 9110, 10.2.3), for a status that does not by itself. */
ngx_int_t ngx_http_sluice_retry_after(ngx_http_request_t *r, time_t seconds);

/* Sets WWW-Authenticate (RFC 6750), with what there is of `max_age` and
   `scope`, and Retry-After as the status asks. */
ngx_int_t ngx_http_sluice_problem_headers(ngx_http_request_t *r,
                                          sluice_status_t status,
                                          const ngx_http_sluice_more_t *more);

/* A header of the answer, whose name is `len` bytes; it and `value` must
   outlive the request. NULL without memory. */
ngx_table_elt_t *ngx_http_sluice_header_push(ngx_http_request_t *r,
                                             const char *name, size_t len,
                                             ngx_str_t *value);

/* The same with a terminated name, whose length the compiler knows. */
static ngx_inline ngx_int_t
ngx_http_sluice_header(ngx_http_request_t *r, const char *name,
                       ngx_str_t *value)
{
    return ngx_http_sluice_header_push(r, name, ngx_strlen(name), value)
               ? NGX_OK
               : NGX_ERROR;
}

/* The same, and what others set under that name is taken out. */
ngx_int_t ngx_http_sluice_header_replace(ngx_http_request_t *r,
                                         const char *name, ngx_str_t *value);

/* Takes out what others set under names that begin so. */
void ngx_http_sluice_header_hide(ngx_http_request_t *r, const char *prefix);

/* Ends a request that waited, with what a handler would have returned; nothing
   on NGX_DONE: it goes on waiting. */
void ngx_http_sluice_finish(ngx_http_request_t *r, ngx_int_t rc);

#endif
