/* An upload that is there: what PATCH and HEAD do, in steps that other methods
   take, too. */

#ifndef NGX_HTTP_SLUICE_TUS_PATCH_H
#define NGX_HTTP_SLUICE_TUS_PATCH_H

#include "ngx_http_sluice_tus_internal.h"

#include "ngx_module/http/ngx_http_sluice_thread.h"

/* A content handler: reads the request and the record, takes the lock unless
   the upload is done, then `opened`. Its lock.error is 0 or NGX_ENOENT; all
   else is answered. */
ngx_int_t ngx_http_sluice_tus_open(ngx_http_request_t *r,
                                   ngx_http_sluice_tus_method_t method,
                                   ngx_http_sluice_tus_pt opened);

/* The same from where the record is read, for one whose request was. */
void ngx_http_sluice_tus_ask(ngx_http_sluice_tus_t *tus);


/* the file */

/* Takes the lock of `spool`, then `locked`, as above. */
void ngx_http_sluice_tus_lock(ngx_http_sluice_tus_t *tus,
                              ngx_sluice_spool_t *spool,
                              ngx_http_sluice_tus_pt locked);

/* The lock of a file that was made just now is held from the start. */
void ngx_http_sluice_tus_hold(ngx_http_sluice_tus_t *tus);

/* The lock is held: the body goes behind what is there, then the answer. */
void ngx_http_sluice_tus_append(ngx_http_sluice_tus_t *tus);

/* The lock is held: an upload that is whole becomes a media file; then, and if
   it is not whole, the answer. */
void ngx_http_sluice_tus_finish(ngx_http_sluice_tus_t *tus);

#endif
