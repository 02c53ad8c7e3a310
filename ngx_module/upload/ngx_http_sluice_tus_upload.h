/* An upload that is there: its record and its lock, for what PATCH and HEAD do
   and for what other methods take of it. */

#ifndef NGX_HTTP_SLUICE_TUS_UPLOAD_H
#define NGX_HTTP_SLUICE_TUS_UPLOAD_H

#include "ngx_http_sluice_tus_internal.h"

/* A content handler: reads the request and the record, takes the lock unless
   the upload is done, then `opened`. Its lock.error is 0 or NGX_ENOENT; all
   else is answered. */
ngx_int_t ngx_http_sluice_tus_open(ngx_http_request_t *r,
                                   ngx_http_sluice_tus_method_t method,
                                   ngx_http_sluice_tus_pt opened);

/* The same from where the record is read, for one whose request was. */
void ngx_http_sluice_tus_ask(ngx_http_sluice_tus_t *tus);

/* For `opened`: 1 when the file is not there, and that is all for now. It may
   have become a media file since the record was read, so that is asked once
   more; else it is lost, and the client has to begin anew. */
ngx_uint_t ngx_http_sluice_tus_missing(ngx_http_sluice_tus_t *tus);

#endif
