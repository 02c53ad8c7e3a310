/* Bytes that come to an upload, and what becomes of one that is whole. */

#ifndef NGX_HTTP_SLUICE_TUS_APPEND_H
#define NGX_HTTP_SLUICE_TUS_APPEND_H

#include "ngx_http_sluice_tus_internal.h"

/* The lock is held: the body goes behind what is there, then the answer. */
void ngx_http_sluice_tus_append(ngx_http_sluice_tus_t *tus);

/* The lock is held: an upload that is whole becomes a media file; then, and if
   it is not whole, the answer. */
void ngx_http_sluice_tus_finish(ngx_http_sluice_tus_t *tus);

/* The same of one that is in the bucket as spool/<id>, and whose digest is in
   tus->spool. */
void ngx_http_sluice_tus_stored(ngx_http_sluice_tus_t *tus);

#endif
