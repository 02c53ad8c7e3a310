/*
 * A grant's word on the answer: what it is called, its type, and how many bytes
 * of it may leave. The body is looked at behind the range filter, where it is
 * what goes out, whatever made it.
 */

#include "ngx_http_sluice_share.h"
#include "ngx_http_sluice_gate.h"
#include "ngx_http_sluice_limits.h"

#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "core/base/status.h"


/* r->buffered has four bits, and this one is the image filter's, too: either
   keeps the request from ending before it has sent all */
#define NGX_HTTP_SLUICE_BUFFERED 0x08


/* Of a request or a subrequest, each of which has a body of its own. */

typedef struct {
    ngx_queue_t queue;
    ngx_http_request_t *request;
    ngx_chain_t *held;    /* waits for bytes */
    unsigned waiting : 1; /* in the queue */
} ngx_http_sluice_limits_body_t;


/* taken at once for a body that comes in small parts: what is left of it is
   given back */
#define NGX_HTTP_SLUICE_LIMITS_AHEAD (1024 * 1024)


static ngx_int_t ngx_http_sluice_limits_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_sluice_limits_body_filter(ngx_http_request_t *r,
                                                    ngx_chain_t *in);
static ngx_http_sluice_limits_body_t *
ngx_http_sluice_limits_body(ngx_http_request_t *r);
static ngx_int_t
ngx_http_sluice_limits_send(ngx_http_sluice_limits_t *limits,
                            ngx_http_sluice_limits_body_t *body);
static ngx_int_t ngx_http_sluice_limits_room(ngx_http_sluice_limits_t *limits,
                                             off_t size);
static void ngx_http_sluice_limits_wait(ngx_http_sluice_limits_t *limits,
                                        ngx_http_sluice_limits_body_t *body);
static void ngx_http_sluice_limits_more(ngx_http_sluice_share_t *share);
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
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);

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
    ngx_http_sluice_gate_ctx_t *ctx;
    ngx_http_sluice_limits_t *limits;
    ngx_http_sluice_limits_body_t *body;

    ctx = ngx_http_sluice_gate_find_ctx(r);
    limits = ctx ? ctx->limits : NULL;

    if (limits && limits->ended) {
        return NGX_ERROR;
    }

    if (limits == NULL || !limits->taken || limits->bytes == NULL
        || ctx->denied) {
        return ngx_http_next_body_filter(r, in);
    }

    body = ngx_http_sluice_limits_body(r);

    if (body == NULL
        || (in && ngx_chain_add_copy(r->pool, &body->held, in) != NGX_OK)) {
        return NGX_ERROR;
    }

    if (limits->asking && body->held) {
        ngx_http_sluice_limits_wait(limits, body);

        return ngx_http_next_body_filter(r, NULL) == NGX_ERROR ? NGX_ERROR
                                                               : NGX_AGAIN;
    }

    return ngx_http_sluice_limits_send(limits, body);
}


static ngx_http_sluice_limits_body_t *
ngx_http_sluice_limits_body(ngx_http_request_t *r)
{
    ngx_http_sluice_limits_body_t *body;

    body = ngx_http_get_module_ctx(r, ngx_http_sluice_limits_filter_module);

    if (body == NULL) {
        body = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_limits_body_t));

        if (body) {
            body->request = r;
            ngx_http_set_ctx(r, body, ngx_http_sluice_limits_filter_module);
        }
    }

    return body;
}


static ngx_int_t
ngx_http_sluice_limits_send(ngx_http_sluice_limits_t *limits,
                            ngx_http_sluice_limits_body_t *body)
{
    off_t size;
    ngx_int_t rc, sent;
    ngx_chain_t *cl, *out, **last;
    ngx_http_request_t *r;

    r = body->request;
    out = NULL;
    last = &out;
    rc = NGX_OK;

    while (body->held) {
        cl = body->held;
        size = ngx_buf_size(cl->buf);

        rc = ngx_http_sluice_limits_room(limits, size);

        if (rc == NGX_AGAIN) {
            body->waiting = 1;
            ngx_queue_insert_head(&limits->waiting, &body->queue);
            break;
        }

        if (rc == NGX_DECLINED) {
            *last = ngx_http_sluice_limits_part(r, cl->buf,
                                                (off_t) limits->bytes->left);
            limits->bytes->gone += limits->bytes->left;
            limits->bytes->left = 0;
            break;
        }

        limits->bytes->left -= (uint64_t) size;
        limits->bytes->gone += (uint64_t) size;
        body->held = cl->next;

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
ngx_http_sluice_limits_room(ngx_http_sluice_limits_t *limits, off_t size)
{
    ngx_http_sluice_share_t *share = limits->bytes;

    if ((uint64_t) size <= share->left) {
        return NGX_OK;
    }

    if (limits->over) {
        return NGX_DECLINED;
    }

    share->handler = ngx_http_sluice_limits_more;
    limits->needed = (uint64_t) size;

    if (ngx_http_sluice_share_take(
            share, ngx_max(limits->needed - share->left,
                           (uint64_t) NGX_HTTP_SLUICE_LIMITS_AHEAD))
        == NGX_AGAIN) {
        limits->asking = 1;
        return NGX_AGAIN;
    }

    limits->over = share->left < limits->needed;

    return limits->over ? NGX_DECLINED : NGX_OK;
}


/* While one asks, nobody takes what is left; then it comes first. */

static void
ngx_http_sluice_limits_wait(ngx_http_sluice_limits_t *limits,
                            ngx_http_sluice_limits_body_t *body)
{
    body->request->buffered |= NGX_HTTP_SLUICE_BUFFERED;

    if (!body->waiting) {
        body->waiting = 1;
        ngx_queue_insert_tail(&limits->waiting, &body->queue);
    }
}


/* What is held goes on at once: who makes a body does not send again before
   there is more of it. */

static void
ngx_http_sluice_limits_more(ngx_http_sluice_share_t *share)
{
    ngx_queue_t *q;
    ngx_connection_t *c;
    ngx_http_request_t *r;
    ngx_http_sluice_gate_ctx_t *ctx;
    ngx_http_sluice_limits_t *limits;
    ngx_http_sluice_limits_body_t *body;

    r = share->request;
    c = r->connection;
    ctx = ngx_http_sluice_gate_find_ctx(r);
    limits = ctx->limits;

    ngx_http_set_log_request(c->log, r);

    limits->asking = 0;
    limits->over = share->left < limits->needed;

    while (!limits->asking && !ngx_queue_empty(&limits->waiting)) {
        q = ngx_queue_head(&limits->waiting);
        body = ngx_queue_data(q, ngx_http_sluice_limits_body_t, queue);

        ngx_queue_remove(q);
        body->waiting = 0;

        if (ngx_http_sluice_limits_send(limits, body) == NGX_ERROR) {
            c->error = 1;
            break;
        }
    }

    ngx_post_event(c->write, &ngx_posted_events);
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
    ngx_http_sluice_gate_ctx_t *ctx;

    if ((r->connection->buffered & NGX_HTTP_WRITE_BUFFERED)
        || r->connection->data != r || r->postponed) {
        return NGX_AGAIN;
    }

    ctx = ngx_http_sluice_gate_find_ctx(r);
    ctx->denied = SLUICE_GRANT_BUDGET;
    ctx->limits->ended = 1;

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
