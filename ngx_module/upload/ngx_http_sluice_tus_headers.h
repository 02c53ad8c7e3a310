/* What tus says in headers: the request, and the answer. */

#ifndef NGX_HTTP_SLUICE_TUS_HEADERS_H
#define NGX_HTTP_SLUICE_TUS_HEADERS_H

#include "ngx_http_sluice_tus_internal.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "core/base/status.h"

/* Reads what a request of that method says. NGX_DECLINED when there is nothing
   to refuse, and then there is `*tus`; else the answer. */
ngx_int_t ngx_http_sluice_tus_read(ngx_http_request_t *r,
                                   ngx_http_sluice_tus_method_t method,
                                   ngx_http_sluice_tus_t **tus);

/* Whether a body comes, of whatever length. */
ngx_uint_t ngx_http_sluice_tus_has_body(ngx_http_request_t *r);

/* Which score the file belongs to or who may see it, by the metadata of record.
   NGX_OK, or NGX_ERROR without memory. */
ngx_int_t ngx_http_sluice_tus_read_args(ngx_http_sluice_tus_t *tus);

/* A header of the answer; `value` must outlive the request. */
ngx_int_t ngx_http_sluice_tus_say(ngx_http_request_t *r, const char *name,
                                  const char *value);
ngx_int_t ngx_http_sluice_tus_say_size(ngx_http_request_t *r, const char *name,
                                       off_t value);

/* The rest is for a request whose count was taken: it gives the lock back, and
   answers. */

/* The lock alone. */
void ngx_http_sluice_tus_unlock(ngx_http_sluice_tus_t *tus);

/* With the headers of the upload as it is now. */
void ngx_http_sluice_tus_answer(ngx_http_sluice_tus_t *tus);

void ngx_http_sluice_tus_refuse(ngx_http_sluice_tus_t *tus,
                                sluice_status_t status, const char *detail);

/* With what a function of the API has refused. */
void ngx_http_sluice_tus_reply(ngx_http_sluice_tus_t *tus,
                               const ngx_sluice_pg_result_t *result);

/* With what an errno of the disk means. */
void ngx_http_sluice_tus_fail(ngx_http_sluice_tus_t *tus, ngx_err_t err);

#endif
