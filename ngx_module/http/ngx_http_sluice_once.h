/*
 * Idempotency-Key: a POST that comes again has the first one's answer, and no
 * second effect. The record keeps keys and answers (sql/api/once.sql): what a
 * function of it is told here goes there as the member "once" of its `args`.
 */

#ifndef NGX_HTTP_SLUICE_ONCE_H
#define NGX_HTTP_SLUICE_ONCE_H

#include "ngx_http_sluice.h"

#include "core/base/sha256.h"

#include <jansson.h>

#define NGX_HTTP_SLUICE_ONCE_SIZE (2 * SHA256_SIZE + 1)

typedef struct {
    char key[NGX_HTTP_SLUICE_ONCE_SIZE];   /* its SHA-256; empty: none came */
    char print[NGX_HTTP_SLUICE_ONCE_SIZE]; /* SHA-256 of what it stands for */
} ngx_http_sluice_once_t;

/* Reads the request's key. It stands for method, path, query, and the `n` texts
   of `what`; of other methods than POST none is taken. NGX_DECLINED when there
   is nothing to refuse, else the answer. */
ngx_int_t ngx_http_sluice_once(ngx_http_request_t *r, const ngx_str_t *what,
                               ngx_uint_t n, ngx_http_sluice_once_t *once);

/* Adds it to `args`, unless there is none. */
void ngx_http_sluice_once_add(const ngx_http_sluice_once_t *once, json_t *args);

#endif
