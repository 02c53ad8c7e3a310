/* An upload that is there: its record and its lock, for what PATCH and HEAD do
   and for what other methods take of it. */

#ifndef NGX_HTTP_SLUICE_TUS_UPLOAD_H
#define NGX_HTTP_SLUICE_TUS_UPLOAD_H

#include "ngx_http_sluice_tus_internal.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_query.h"

#include <jansson.h>

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


/* the record */

/* Calls api.<name>; the reference to `args` is taken over. */
void ngx_http_sluice_tus_call(ngx_http_sluice_tus_t *tus,
                              const ngx_sluice_pg_statement_t *call,
                              json_t *args, ngx_http_sluice_row_pt handler);

/* The body that came, to json_decref(); or NULL, and it was answered. */
json_t *ngx_http_sluice_tus_body(ngx_http_sluice_tus_t *tus,
                                 const ngx_sluice_pg_result_t *result);

/* The same for what api.hold_upload() says: it is renewed from now on. */
json_t *ngx_http_sluice_tus_hold_body(ngx_http_sluice_tus_t *tus,
                                      const ngx_sluice_pg_result_t *result);

/* Takes what the record has of the upload. NGX_OK, or NGX_ERROR. */
ngx_int_t ngx_http_sluice_tus_take(ngx_http_sluice_tus_t *tus, json_t *body);


/* the lock */

/* Takes the lock of `spool`, then `locked`, as above. */
void ngx_http_sluice_tus_lock(ngx_http_sluice_tus_t *tus,
                              ngx_sluice_spool_t *spool,
                              ngx_http_sluice_tus_pt locked);

/* The lock of a file that was made just now is held from the start. */
void ngx_http_sluice_tus_hold(ngx_http_sluice_tus_t *tus);

#endif
