/* The record of an upload by tus. */

#ifndef NGX_HTTP_SLUICE_TUS_RECORD_H
#define NGX_HTTP_SLUICE_TUS_RECORD_H

#include "ngx_http_sluice_tus_internal.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_query.h"

#include <jansson.h>

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

#endif
