/*
 * A grant's word on the answer: what it is called, its type, and how many bytes
 * of it may leave. The body is looked at behind the range filter, where it is
 * what goes out, whatever made it.
 */

#include "ngx_http_sluice_limits.h"


/* r->buffered has four bits, and this one is the image filter's, too: either
   keeps the request from ending before it has sent all */
#define NGX_HTTP_SLUICE_BUFFERED 0x08


static ngx_int_t ngx_http_sluice_limits_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_sluice_limits_body_filter(ngx_http_request_t *r,
                                                    ngx_chain_t *in);
static ngx_int_t ngx_http_sluice_limits_send(ngx_http_request_t *r,
                                             ngx_http_sluice_limits_t *limits);
static ngx_int_t ngx_http_sluice_limits_room(ngx_http_request_t *r,
                                             ngx_http_sluice_limits_t *limits,
                                             off_t size);
static void ngx_http_sluice_limits_more(ngx_http_sluice_budget_t *budget);
static ngx_chain_t *ngx_http_sluice_limits_part(ngx_http_request_t *r,
                                                ngx_buf_t *b, off_t size);
static ngx_int_t ngx_http_sluice_limits_end(ngx_http_request_t *r);
static ngx_int_t ngx_http_sluice_limits_filter_init(ngx_conf_t *cf);


static ngx_http_output_header_filter_pt ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt ngx_http_next_body_filter;


static ngx_http_module_t ngx_http_sluice_limits_filter_module_ctx = {
    NULL,                               /* preconfiguration */
    ngx_http_sluice_limits_filter_init, /* postconfiguration */

    NULL, /* create main configuration */
    NULL, /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    NULL, /* create location configuration */
    NULL  /* merge location configuration */
};


ngx_module_t ngx_http_sluice_limits_filter_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_limits_filter_module_ctx, /* module context */
    NULL,                                      /* module directives */
    NGX_HTTP_MODULE,                           /* module type */
    NULL,                                      /* init master */
    NULL,                                      /* init module */
    NULL,                                      /* init process */
    NULL,                                      /* init thread */
    NULL,                                      /* exit thread */
    NULL,                                      /* exit process */
    NULL,                                      /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_sluice_limits_header_filter(ngx_http_request_t *r)
{
    u_char *semicolon;
    ngx_str_t *type;
    ngx_http_sluice_ctx_t *ctx;

    ctx = ngx_http_sluice_find_ctx(r);

    if (ctx == NULL || ctx->limits == NULL || !ctx->limits->taken || ctx->denied
        || r != r->main
        || (r->headers_out.status != NGX_HTTP_OK
            && r->headers_out.status != NGX_HTTP_PARTIAL_CONTENT)) {
        return ngx_http_next_header_filter(r);
    }

    type = &ctx->limits->type;

    if (type->len) {
        semicolon = ngx_strlchr(type->data, type->data + type->len, ';');

        r->headers_out.content_type = *type;
        r->headers_out.content_type_len =
            semicolon ? (size_t) (semicolon - type->data) : type->len;
        r->headers_out.content_type_lowcase = NULL;
        ngx_str_null(&r->headers_out.charset);
    }

    if (ctx->limits->disposition.len
        && ngx_http_sluice_header_replace(r, "Content-Disposition",
                                          &ctx->limits->disposition)
               != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_sluice_limits_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_sluice_ctx_t *ctx;
    ngx_http_sluice_limits_t *limits;

    ctx = ngx_http_sluice_find_ctx(r);

    if (ctx == NULL || ctx->limits == NULL || !ctx->limits->taken
        || ctx->limits->bytes == NULL || ctx->denied) {
        return ngx_http_next_body_filter(r, in);
    }

    limits = ctx->limits;

    if (in && ngx_chain_add_copy(r->pool, &limits->held, in) != NGX_OK) {
        return NGX_ERROR;
    }

    if (limits->asking) {
        return ngx_http_next_body_filter(r, NULL) == NGX_ERROR ? NGX_ERROR
                                                               : NGX_AGAIN;
    }

    return ngx_http_sluice_limits_send(r, limits);
}


static ngx_int_t
ngx_http_sluice_limits_send(ngx_http_request_t *r,
                            ngx_http_sluice_limits_t *limits)
{
    off_t size;
    ngx_int_t rc, sent;
    ngx_chain_t *cl, *out, **last;

    out = NULL;
    last = &out;
    rc = NGX_OK;

    while (limits->held) {
        cl = limits->held;
        size = ngx_buf_size(cl->buf);

        rc = ngx_http_sluice_limits_room(r, limits, size);

        if (rc == NGX_AGAIN) {
            break;
        }

        if (rc == NGX_DECLINED) {
            *last = ngx_http_sluice_limits_part(r, cl->buf,
                                                (off_t) limits->bytes->left);
            limits->bytes->left = 0;
            break;
        }

        limits->bytes->left -= (uint64_t) size;
        limits->held = cl->next;

        cl->next = NULL;
        *last = cl;
        last = &cl->next;
    }

    if (rc == NGX_OK) {
        r->buffered &= (unsigned) ~NGX_HTTP_SLUICE_BUFFERED & 0xf;

    } else {
        r->buffered |= NGX_HTTP_SLUICE_BUFFERED;
    }

    sent = ngx_http_next_body_filter(r, out);

    for (/* void */; out; out = cl) {
        cl = out->next;
        ngx_free_chain(r->pool, out);
    }

    if (sent == NGX_ERROR) {
        return NGX_ERROR;
    }

    return rc == NGX_OK         ? sent
           : rc == NGX_DECLINED ? ngx_http_sluice_limits_end(r)
                                : rc;
}


/* NGX_OK: `size` bytes may leave; NGX_AGAIN: it is being asked; NGX_DECLINED:
   only what is left */

static ngx_int_t
ngx_http_sluice_limits_room(ngx_http_request_t *r,
                            ngx_http_sluice_limits_t *limits, off_t size)
{
    ngx_http_sluice_budget_t *budget = limits->bytes;

    if ((uint64_t) size <= budget->left) {
        limits->over = 0;
        return NGX_OK;
    }

    if (!limits->over) {
        limits->over = 1;
        budget->handler = ngx_http_sluice_limits_more;

        if (ngx_http_sluice_budget_take(budget, (uint64_t) size - budget->left)
            == NGX_AGAIN) {
            limits->asking = 1;
            return NGX_AGAIN;
        }
    }

    return (uint64_t) size > budget->left ? NGX_DECLINED : NGX_OK;
}


static void
ngx_http_sluice_limits_more(ngx_http_sluice_budget_t *budget)
{
    ngx_http_request_t *r;
    ngx_http_sluice_ctx_t *ctx;

    r = budget->request;
    ctx = ngx_http_sluice_find_ctx(r);

    ctx->limits->asking = 0;

    ngx_post_event(r->connection->write, &ngx_posted_events);
}


/* A link with the first `size` bytes of a buffer; NULL for none, and without
   memory, which ends the answer as well */

static ngx_chain_t *
ngx_http_sluice_limits_part(ngx_http_request_t *r, ngx_buf_t *b, off_t size)
{
    ngx_buf_t *part;
    ngx_chain_t *cl;

    if (size == 0) {
        return NULL;
    }

    part = ngx_calloc_buf(r->pool);
    cl = ngx_alloc_chain_link(r->pool);

    if (part == NULL || cl == NULL) {
        return NULL;
    }

    *part = *b;

    if (b->in_file) {
        part->file_last = b->file_pos + size;
        b->file_pos += size;
    }

    if (ngx_buf_in_memory(b)) {
        part->last = b->pos + size;
        b->pos += size;
    }

    part->last_buf = 0;
    part->last_in_chain = 0;
    part->flush = 1;
    part->recycled = 0;

    cl->buf = part;
    cl->next = NULL;

    return cl;
}


/*
 * The answer ends short of its length, and the connection with it, as soon as
 * what was allowed has left: the client sees that it has not got all.
 */

static ngx_int_t
ngx_http_sluice_limits_end(ngx_http_request_t *r)
{
    ngx_http_sluice_ctx_t *ctx;

    if (r->connection->buffered) {
        return NGX_AGAIN;
    }

    ctx = ngx_http_sluice_find_ctx(r);
    ctx->denied = SLUICE_GRANT_BUDGET;

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "the grant's bytes end within this answer");

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_sluice_limits_filter_init(ngx_conf_t *cf)
{
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_module);

    if (!smcf->gated) {
        return NGX_OK;
    }

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_sluice_limits_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_sluice_limits_body_filter;

    return NGX_OK;
}
