/* Answers with what a function api.* in SQL returned. What it has to tell
   others, and which links it wants signed, is in the body beside the answer. */

#ifndef NGX_HTTP_SLUICE_REPLY_H
#define NGX_HTTP_SLUICE_REPLY_H

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"

#include <jansson.h>

/* Reads (status, body) and tells others what they are to know. NGX_DECLINED:
   `*body` is to be answered with and to json_decref(), NULL when there is none;
   else the request was answered: a refusal, or no answer of the record. */
ngx_int_t ngx_http_sluice_reply_read(ngx_http_request_t *r,
                                     const ngx_sluice_pg_result_t *result,
                                     ngx_uint_t *status, json_t **body);

/* Answers with what was read; the reference to `body` is taken over. Paths in
   `links` become signed URLs when `sign` is set. */
ngx_int_t ngx_http_sluice_reply_send(ngx_http_request_t *r, ngx_uint_t status,
                                     json_t *body, ngx_uint_t sign);

/* Both. Frees nothing. */
ngx_int_t ngx_http_sluice_reply(ngx_http_request_t *r,
                                const ngx_sluice_pg_result_t *result,
                                ngx_uint_t sign);

#endif
