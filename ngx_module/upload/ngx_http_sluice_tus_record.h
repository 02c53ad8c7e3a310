/* What requests of tus ask the record, and the lock of an upload's file. */

#ifndef NGX_HTTP_SLUICE_TUS_RECORD_H
#define NGX_HTTP_SLUICE_TUS_RECORD_H

#include "ngx_http_sluice_tus_internal.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_query.h"

#include <jansson.h>

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

/* Takes the lock of `spool`, then `locked`: lock.error is 0 or NGX_ENOENT, all
   else is answered. */
void ngx_http_sluice_tus_lock(ngx_http_sluice_tus_t *tus,
                              ngx_sluice_spool_t *spool,
                              ngx_http_sluice_tus_pt locked);

/* The lock of a file that was made just now is held from the start. */
void ngx_http_sluice_tus_hold(ngx_http_sluice_tus_t *tus);

#endif
