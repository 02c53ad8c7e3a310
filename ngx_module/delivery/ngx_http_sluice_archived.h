/*
 * A file of a bucket that lies in an archive: who asks for it hears 202 and
 * when it is there, and a job brings it back, one for all who ask. The record
 * has that, so these requests alone come to it.
 */

#ifndef NGX_HTTP_SLUICE_ARCHIVED_H
#define NGX_HTTP_SLUICE_ARCHIVED_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

/* For the filter of what a bucket answered a client's request: S3's word for
   such a file stands there. */
ngx_uint_t ngx_http_sluice_archived(ngx_http_request_t *r);

/* Takes the request over, whose header has not gone out; what it returns, the
   filter returns, and nginx lets go of the bucket's answer by that. NGX_ERROR
   without memory. */
ngx_int_t ngx_http_sluice_archived_answer(ngx_http_request_t *r);

#endif
