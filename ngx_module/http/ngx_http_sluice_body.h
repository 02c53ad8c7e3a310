/* JSON bodies of requests, in memory. */

#ifndef NGX_HTTP_SLUICE_BODY_H
#define NGX_HTTP_SLUICE_BODY_H

#include "ngx_http_sluice.h"

#include <jansson.h>

/* Reads a body of at most 64 KiB, then finishes the request with what `handler`
   returns; NGX_DONE when that one waits for something. */
ngx_int_t ngx_http_sluice_body_read(ngx_http_request_t *r,
                                    ngx_http_handler_pt handler);

/* The same with another bound, in bytes. */
ngx_int_t ngx_http_sluice_body_read_max(ngx_http_request_t *r, size_t max,
                                        ngx_http_handler_pt handler);

/* The body that was read. On NGX_DECLINED there is nothing to refuse, and
   `*body` is an object to json_decref(), empty without a body; else the request
   was answered: return it. */
ngx_int_t ngx_http_sluice_body_json(ngx_http_request_t *r, json_t **body);

/* The body that was read, as it came; empty when there was none. */
void ngx_http_sluice_body_text(ngx_http_request_t *r, ngx_str_t *text);

/* A text of the body: NGX_DECLINED and the text, or the answer that it is
   missing or too long. */
ngx_int_t ngx_http_sluice_body_field(ngx_http_request_t *r, json_t *body,
                                     const char *name, size_t max,
                                     ngx_str_t *value);

/* true or false, as it was when there is none; else as above. */
ngx_int_t ngx_http_sluice_body_flag(ngx_http_request_t *r, json_t *body,
                                    const char *name, int *value);

/* Overwrites the text of the body that was read. */
void ngx_http_sluice_body_wipe(ngx_http_request_t *r);

#endif
