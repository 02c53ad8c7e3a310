#include "ngx_http_sluice_answer.h"
#include "ngx_http_sluice_etag.h"

#include "core/base/status.h"

#include <jansson.h>


#define NGX_HTTP_SLUICE_TYPE "urn:sluice:problem:"


ngx_table_elt_t *
ngx_http_sluice_header_push(ngx_http_request_t *r, const char *name, size_t len,
                            ngx_str_t *value)
{
    ngx_table_elt_t *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = len;
    h->value = *value;

    return h;
}


/* Those whose name is this, or with `begins` begins so. */

static void
ngx_http_sluice_header_drop(ngx_http_request_t *r, const char *name,
                            ngx_uint_t begins)
{
    size_t len;
    ngx_uint_t i;
    ngx_list_part_t *part;
    ngx_table_elt_t *h;

    len = ngx_strlen(name);

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if ((begins ? h[i].key.len >= len : h[i].key.len == len)
                && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0) {
                h[i].hash = 0;
            }
        }
    }
}


void
ngx_http_sluice_header_hide(ngx_http_request_t *r, const char *prefix)
{
    ngx_http_sluice_header_drop(r, prefix, 1);
}


ngx_int_t
ngx_http_sluice_header_replace(ngx_http_request_t *r, const char *name,
                               ngx_str_t *value)
{
    ngx_http_sluice_header_drop(r, name, 0);

    return ngx_http_sluice_header(r, name, value);
}


static ngx_int_t
ngx_http_sluice_send_body(ngx_http_request_t *r, ngx_str_t *type,
                          ngx_str_t *body)
{
    ngx_int_t rc;
    ngx_buf_t *b;
    ngx_chain_t out;

    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_http_sluice_send(ngx_http_request_t *r, ngx_uint_t status, ngx_str_t *type,
                     ngx_str_t *body)
{
    ngx_int_t rc;

    static ngx_str_t no_store = ngx_string("no-store");
    static ngx_str_t nosniff = ngx_string("nosniff");

    /* a body that nobody read would be taken for the next request */

    if (r->request_body == NULL) {
        if (status >= NGX_HTTP_BAD_REQUEST) {
            r->expect_tested = 1;
        }

        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    /* what was asked conditionally was judged before it was done */
    r->disable_not_modified = 1;

    r->headers_out.status = status;
    r->headers_out.content_length_n = status == NGX_HTTP_NOT_MODIFIED
                                          ? -1
                                          : (off_t) body->len;

    if (ngx_http_sluice_header(r, "Cache-Control", &no_store) != NGX_OK
        || ngx_http_sluice_header(r, "X-Content-Type-Options", &nosniff)
               != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (body->len == 0) {
        r->header_only = 1;
        return ngx_http_send_header(r);
    }

    return ngx_http_sluice_send_body(r, type, body);
}


ngx_int_t
ngx_http_sluice_json(ngx_http_request_t *r, ngx_uint_t status, ngx_str_t *body)
{
    ngx_str_t type = ngx_string("application/json");

    return ngx_http_sluice_send(r, status, &type, body);
}


/* The value as text in the request's memory; its reference is taken over. */

static ngx_int_t
ngx_http_sluice_dump(ngx_http_request_t *r, json_t *value, ngx_str_t *text)
{
    text->len = value ? json_dumpb(value, NULL, 0, JSON_COMPACT) : 0;
    text->data = text->len ? ngx_pnalloc(r->pool, text->len) : NULL;

    if (text->data) {
        (void) json_dumpb(value, (char *) text->data, text->len, JSON_COMPACT);
    }

    json_decref(value);

    return text->data ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_sluice_json_value(ngx_http_request_t *r, ngx_uint_t status,
                           json_t *value)
{
    ngx_str_t body;

    if (ngx_http_sluice_dump(r, value, &body) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_json(r, status, &body);
}


ngx_int_t
ngx_http_sluice_json_tagged(ngx_http_request_t *r, ngx_uint_t status,
                            json_t *value, const char *version)
{
    ngx_str_t body, etag;

    if (ngx_http_sluice_dump(r, value, &body) != NGX_OK
        || ngx_http_sluice_etag_make(r, version, &body, &etag) != NGX_OK
        || ngx_http_sluice_header(r, "ETag", &etag) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (status == NGX_HTTP_OK && ngx_http_sluice_etag_known(r, &etag)) {
        status = NGX_HTTP_NOT_MODIFIED;
        ngx_str_null(&body);
    }

    return ngx_http_sluice_json(r, status, &body);
}


ngx_int_t
ngx_http_sluice_problem(ngx_http_request_t *r, sluice_status_t status,
                        const char *detail, const char *field)
{
    static const ngx_http_sluice_more_t nothing;

    return ngx_http_sluice_problem_more(r, status, detail, field, &nothing);
}


ngx_int_t
ngx_http_sluice_problem_more(ngx_http_request_t *r, sluice_status_t status,
                             const char *detail, const char *field,
                             const ngx_http_sluice_more_t *more)
{
    json_t *problem;
    ngx_str_t body;
    ngx_str_t type = ngx_string("application/problem+json");
    const sluice_problem_t *row;

    row = status_problem(status);

    problem = json_pack("{s:s+, s:s, s:i, s:s*, s:s*}", "type",
                        NGX_HTTP_SLUICE_TYPE, row->word, "title", row->title,
                        "status", row->http, "detail", detail, "field", field);

    if (more->members) {
        (void) json_object_update_new(problem, more->members);
    }

    if (ngx_http_sluice_dump(r, problem, &body) != NGX_OK
        || ngx_http_sluice_problem_headers(r, status, more) != NGX_OK
        || (more->retry_after
            && ngx_http_sluice_retry_after(r, more->retry_after) != NGX_OK)) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_send(r, (ngx_uint_t) row->http, &type, &body);
}


ngx_int_t
ngx_http_sluice_retry_after(ngx_http_request_t *r, time_t seconds)
{
    ngx_str_t value;

    value.data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = (size_t) (ngx_sprintf(value.data, "%T", seconds) - value.data);

    return ngx_http_sluice_header(r, "Retry-After", &value);
}


ngx_int_t
ngx_http_sluice_problem_headers(ngx_http_request_t *r, sluice_status_t status,
                                const ngx_http_sluice_more_t *more)
{
    u_char *p;
    ngx_str_t value;
    ngx_table_elt_t *h;
    const sluice_problem_t *row;

    row = status_problem(status);

    if (row->oauth) {
        /* WWW-Authenticate: Bearer realm="sluice", error="invalid_token" */

        value.len = sizeof("Bearer realm=\"sluice\", error=\"\", max_age=, "
                           "scope=\"\"")
                    - 1 + NGX_TIME_T_LEN + ngx_strlen(row->oauth)
                    + (more->scope ? ngx_strlen(more->scope) : 0);
        value.data = ngx_pnalloc(r->pool, value.len);
        if (value.data == NULL) {
            return NGX_ERROR;
        }

        p = ngx_sprintf(value.data, "Bearer realm=\"sluice\"");

        if (*row->oauth) {
            p = ngx_sprintf(p, ", error=\"%s\"", row->oauth);
        }

        if (more->max_age) {
            p = ngx_sprintf(p, ", max_age=%T", more->max_age);
        }

        if (more->scope) {
            p = ngx_sprintf(p, ", scope=\"%s\"", more->scope);
        }

        value.len = (size_t) (p - value.data);

        h = ngx_http_sluice_header_push(r, "WWW-Authenticate",
                                        sizeof("WWW-Authenticate") - 1, &value);
        if (h == NULL) {
            return NGX_ERROR;
        }

        /* nginx takes it back where "satisfy any" lets the request pass */
        r->headers_out.www_authenticate = h;
    }

    return row->retry_after ? ngx_http_sluice_retry_after(r, row->retry_after)
                            : NGX_OK;
}


void
ngx_http_sluice_finish(ngx_http_request_t *r, ngx_int_t rc)
{
    if (rc == NGX_DONE) {
        return;
    }

    ngx_http_finalize_request(r, rc);
}
