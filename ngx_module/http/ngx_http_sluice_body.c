/* JSON bodies: read as they come, bounded before memory is taken, never on
   disk. */

#include "ngx_http_sluice_answer.h"
#include "ngx_http_sluice_body.h"
#include "ngx_http_sluice_thread.h"
#include "ngx_http_sluice_wait.h"

#include "core/base/status.h"
#include "core/jose/json_strict.h"

#include <jansson.h>
#include <openssl/crypto.h>


#define NGX_HTTP_SLUICE_JSON_MAX 65536


ngx_int_t
ngx_http_sluice_body_read(ngx_http_request_t *r, ngx_http_handler_pt handler)
{
    return ngx_http_sluice_body_read_max(r, NGX_HTTP_SLUICE_JSON_MAX, handler);
}


static ngx_int_t
ngx_http_sluice_body_too_large(ngx_http_request_t *r, size_t max)
{
    u_char detail[64];

    (void) ngx_snprintf(detail, sizeof(detail),
                        "A JSON body may have %uz KiB here.%Z", max / 1024);

    return ngx_http_sluice_problem(r, SLUICE_TOO_LARGE, (char *) detail, NULL);
}


/* NGX_DECLINED when what came was added to the text, else the answer */

static ngx_int_t
ngx_http_sluice_body_take(ngx_http_request_t *r, ngx_http_sluice_wait_t *ctx)
{
    size_t size;
    ngx_buf_t *b;
    ngx_chain_t *cl, *next;

    for (cl = r->request_body->bufs; cl; cl = next) {
        next = cl->next;
        b = cl->buf;
        size = (size_t) (b->last - b->pos);

        if (ctx->body.len + size > ctx->body_max) {
            return ngx_http_sluice_body_too_large(r, ctx->body_max);
        }

        if (ctx->body.data == NULL) {
            ctx->body.data = ngx_pnalloc(r->pool, ctx->body_max);
            if (ctx->body.data == NULL) {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }
        }

        ngx_memcpy(ctx->body.data + ctx->body.len, b->pos, size);
        ctx->body.len += size;

        b->pos = b->last;
        ngx_free_chain(r->pool, cl);
    }

    r->request_body->bufs = NULL;

    return NGX_DECLINED;
}


static void
ngx_http_sluice_body_more(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_uint_t something;
    ngx_http_sluice_wait_t *ctx;

    ctx = ngx_http_sluice_find_wait(r);

    do {
        if (r->reading_body) {
            rc = ngx_http_read_unbuffered_request_body(r);

            if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
                ngx_http_sluice_finish(r, rc);
                return;
            }
        }

        something = (r->request_body->bufs != NULL);

        rc = ngx_http_sluice_body_take(r, ctx);

        if (rc != NGX_DECLINED) {
            ngx_http_sluice_finish(r, rc);
            return;
        }

    } while (r->reading_body && something);

    if (r->reading_body) {
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    ngx_http_sluice_finish(r, ctx->body_handler(r));
}


/* Behind "mirror" nginx has read it before, and what is larger than its buffer
   lies in a file. In a thread. */

static void
ngx_http_sluice_body_load(void *data, ngx_log_t *log)
{
    ssize_t n;
    ngx_buf_t *b;
    ngx_chain_t *cl;
    ngx_http_request_t *r = data;
    ngx_http_sluice_wait_t *ctx = ngx_http_sluice_find_wait(r);

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_in_memory(b) || !b->in_file) {
            continue;
        }

        b->pos = ctx->body_loaded;
        b->last = b->pos;

        while (b->file_pos < b->file_last) {
            n = pread(b->file->fd, b->last,
                      (size_t) (b->file_last - b->file_pos), b->file_pos);
            if (n <= 0) {
                ctx->body_loaded = NULL;
                return;
            }

            b->last += n;
            b->file_pos += n;
        }

        ctx->body_loaded = b->last;
    }
}


static void
ngx_http_sluice_body_read_back(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_wait_t *ctx = ngx_http_sluice_find_wait(r);

    if (ctx->body_loaded == NULL) {
        ngx_http_sluice_finish(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ngx_http_sluice_body_more(r);
}


/* NGX_DECLINED when all of it is in memory; NGX_DONE when it will be, else the
   answer */

static ngx_int_t
ngx_http_sluice_body_fetch(ngx_http_request_t *r, ngx_http_sluice_wait_t *ctx)
{
    off_t size = 0;
    ngx_chain_t *cl;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        if (!ngx_buf_in_memory(cl->buf) && cl->buf->in_file) {
            size += ngx_buf_size(cl->buf);
        }
    }

    if (size == 0) {
        return NGX_DECLINED;
    }

    if (size > (off_t) ctx->body_max) {
        return ngx_http_sluice_body_too_large(r, ctx->body_max);
    }

    ctx->body_loaded = ngx_pnalloc(r->pool, (size_t) size);
    if (ctx->body_loaded == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) ngx_http_sluice_thread_wait(r, ngx_http_sluice_body_load,
                                       ngx_http_sluice_body_read_back, r);

    return NGX_DONE;
}


static void
ngx_http_sluice_body_start(ngx_http_request_t *r)
{
    ngx_int_t rc;

    rc = ngx_http_sluice_body_fetch(r, ngx_http_sluice_find_wait(r));

    if (rc != NGX_DECLINED) {
        ngx_http_sluice_finish(r, rc);
        return;
    }

    r->read_event_handler = ngx_http_sluice_body_more;
    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_http_sluice_body_more(r);
}


ngx_int_t
ngx_http_sluice_body_read_max(ngx_http_request_t *r, size_t max,
                              ngx_http_handler_pt handler)
{
    ngx_int_t rc;
    ngx_http_sluice_wait_t *ctx;

    if (r->headers_in.content_length_n > (off_t) max) {
        return ngx_http_sluice_body_too_large(r, max);
    }

    ctx = ngx_http_sluice_wait(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->body_handler = handler;
    ctx->body_max = r->headers_in.content_length_n > 0
                        ? (size_t) r->headers_in.content_length_n
                        : max;

    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_sluice_body_start);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


/* RFC 8259, 11; parameters, such as a charset, say nothing. A page of another
   site can send other types without asking first (Fetch, 3.2). */

static ngx_uint_t
ngx_http_sluice_body_is_json(ngx_http_request_t *r)
{
    size_t len;
    ngx_str_t *type;

    static const ngx_str_t json = ngx_string("application/json");

    if (r->headers_in.content_type == NULL) {
        return 0;
    }

    type = &r->headers_in.content_type->value;

    if (type->len < json.len
        || ngx_strncasecmp(type->data, json.data, json.len) != 0) {
        return 0;
    }

    for (len = json.len; len < type->len && type->data[len] == ' '; len++) {
        /* void */
    }

    return len == type->len || type->data[len] == ';';
}


ngx_int_t
ngx_http_sluice_body_json(ngx_http_request_t *r, json_t **body)
{
    char detail[JSON_ERROR_TEXT_LENGTH + 64];
    json_error_t error;
    ngx_http_sluice_wait_t *ctx;

    ctx = ngx_http_sluice_find_wait(r);

    if (ctx->body.len == 0) {
        *body = json_object();
        return *body ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!ngx_http_sluice_body_is_json(r)) {
        return ngx_http_sluice_problem(
            r, SLUICE_TYPE_UNSUPPORTED,
            "Say of a JSON body what it is: \"application/json\".",
            "Content-Type");
    }

    *body = json_strict_load((char *) ctx->body.data, ctx->body.len, 0, &error);

    if (*body == NULL) {
        (void) ngx_snprintf((u_char *) detail, sizeof(detail),
                            "line %d, column %d: %s%Z", error.line,
                            error.column, error.text);
        return ngx_http_sluice_problem(r, SLUICE_BODY_INVALID, detail, NULL);
    }

    if (!json_is_object(*body)) {
        json_decref(*body);
        return ngx_http_sluice_problem(r, SLUICE_BODY_INVALID,
                                       "The body must be a JSON object.", NULL);
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_sluice_body_field(ngx_http_request_t *r, json_t *body,
                           const char *name, size_t max, ngx_str_t *value)
{
    json_t *text;

    text = json_object_get(body, name);

    if (!json_is_string(text) || json_string_length(text) == 0) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "This must be a text.", name);
    }

    if (json_string_length(text) > max) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "This is too long.", name);
    }

    value->len = json_string_length(text);
    value->data = ngx_pnalloc(r->pool, value->len);
    if (value->data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(value->data, json_string_value(text), value->len);

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_sluice_body_flag(ngx_http_request_t *r, json_t *body, const char *name,
                          int *value)
{
    json_t *flag;

    flag = json_object_get(body, name);

    if (flag && !json_is_boolean(flag)) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "This must be true or false.", name);
    }

    *value = flag ? json_is_true(flag) : *value;

    return NGX_DECLINED;
}


void
ngx_http_sluice_body_text(ngx_http_request_t *r, ngx_str_t *text)
{
    *text = ngx_http_sluice_find_wait(r)->body;
}


void
ngx_http_sluice_body_wipe(ngx_http_request_t *r)
{
    ngx_http_sluice_wait_t *ctx;

    ctx = ngx_http_sluice_find_wait(r);

    if (ctx && ctx->body.len) {
        OPENSSL_cleanse(ctx->body.data, ctx->body.len);
    }
}
