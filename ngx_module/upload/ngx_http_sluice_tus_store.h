/* An upload that goes to a bucket, on whatever node its next request comes. */

#ifndef NGX_HTTP_SLUICE_TUS_STORE_H
#define NGX_HTTP_SLUICE_TUS_STORE_H

#include "ngx_http_sluice_tus_internal.h"

/* The record is read: the upload is this node's from now on, what the disk here
   has not is in the bucket, and the lock is held; then tus->opened, or the
   answer. */
void ngx_http_sluice_tus_store_open(ngx_http_sluice_tus_t *tus);

/* All of a part of another is in the bucket: so the record hears, and then the
   client. */
void ngx_http_sluice_tus_store_whole(ngx_http_sluice_tus_t *tus);

#endif
