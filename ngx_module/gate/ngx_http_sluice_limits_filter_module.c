/*
 * How many bytes of an answer may leave: looked at behind all filters that make
 * a body another (ranges, gzip and gunzip, subrequests), where it is what goes
 * out, whatever made it.
 */

#include "ngx_http_sluice_gate.h"
#include "ngx_http_sluice_limits.h"
#include "ngx_http_sluice_share.h"
#include "ngx_http_sluice_stream.h"

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"


/* In c->buffered, as gzip's is: it keeps the request from ending before it has
   sent all, and lets the postpone filter pass calls on. nginx has 0x10 and
   0x20. */
#define NGX_HTTP_SLUICE_BUFFERED 0x40

/* taken at once for a body that comes in small parts: what is left of it is
   given back */
#define NGX_HTTP_SLUICE_LIMITS_AHEAD (1024 * 1024)


static ngx_int_t ngx_http_sluice_limits_filter_init(ngx_conf_t *cf);
static void ngx_http_sluice_limits_more(ngx_http_sluice_share_t *share);


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


/* nginx's last filter is asked for nothing only while it has something. */

static ngx_int_t
ngx_http_sluice_limits_next(ngx_http_request_t *r, ngx_chain_t *out)
{
    return out
                   || (r->connection->buffered
                       & (NGX_HTTP_WRITE_BUFFERED | NGX_LOWLEVEL_BUFFERED))
               ? ngx_http_next_body_filter(r, out)
               : NGX_OK;
}


/*
 * The answer ends short of its length, and the connection with it, as soon as
 * what was allowed has left: the client sees that it has not got all.
 */

static ngx_int_t
ngx_http_sluice_limits_end(ngx_http_request_t *r,
                           ngx_http_sluice_gate_ctx_t *ctx)
{
    if (r->connection->buffered & NGX_HTTP_WRITE_BUFFERED) {
        return NGX_AGAIN;
    }

    ctx->denied = SLUICE_GRANT_BUDGET;
    ctx->limits->ended = 1;

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "the grant's bytes end within this answer");

    return NGX_ERROR;
}


/* What may leave of what is held. */

static ngx_int_t
ngx_http_sluice_limits_send(ngx_http_request_t *r,
                            ngx_http_sluice_gate_ctx_t *ctx)
{
    off_t size;
    ngx_int_t rc, sent;
    ngx_chain_t *cl, *out, **last;
    ngx_http_sluice_limits_t *limits = ctx->limits;

    out = NULL;
    last = &out;
    rc = NGX_OK;

    while (limits->held) {
        cl = limits->held;
        size = ngx_buf_size(cl->buf);

        rc = ngx_http_sluice_limits_room(limits, size);

        if (rc == NGX_DECLINED) {
            *last = ngx_http_sluice_limits_part(r, cl->buf,
                                                (off_t) limits->bytes->left);
            limits->bytes->gone += limits->bytes->left;
            limits->bytes->left = 0;
        }

        if (rc != NGX_OK) {
            break;
        }

        limits->bytes->left -= (uint64_t) size;
        limits->bytes->gone += (uint64_t) size;
        limits->held = cl->next;

        cl->next = NULL;
        *last = cl;
        last = &cl->next;
    }

    if (rc == NGX_OK) {
        r->connection->buffered &= (unsigned) ~NGX_HTTP_SLUICE_BUFFERED & 0xff;

    } else {
        r->connection->buffered |= NGX_HTTP_SLUICE_BUFFERED;
    }

    sent = ngx_http_sluice_limits_next(r, out);

    for (/* void */; out; out = cl) {
        cl = out->next;
        ngx_free_chain(r->pool, out);
    }

    if (sent == NGX_ERROR) {
        return NGX_ERROR;
    }

    return rc == NGX_OK         ? sent
           : rc == NGX_DECLINED ? ngx_http_sluice_limits_end(r, ctx)
                                : rc;
}


/* `r` is the main request: behind the postpone filter there is one body. */

static ngx_int_t
ngx_http_sluice_limits_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_sluice_gate_ctx_t *ctx;
    ngx_http_sluice_limits_t *limits;

    ctx = ngx_http_sluice_gate_find_ctx(r);
    limits = ctx ? ctx->limits : NULL;

    if (limits && limits->ended) {
        return NGX_ERROR;
    }

    if (ctx && ctx->stream) {
        ngx_http_sluice_stream_goes_on(ctx->stream);
    }

    if (limits == NULL || !limits->taken || limits->bytes == NULL
        || ctx->denied) {
        return ngx_http_next_body_filter(r, in);
    }

    if (in && ngx_chain_add_copy(r->pool, &limits->held, in) != NGX_OK) {
        return NGX_ERROR;
    }

    if (limits->asking && limits->held) {
        r->connection->buffered |= NGX_HTTP_SLUICE_BUFFERED;

        return ngx_http_sluice_limits_next(r, NULL) == NGX_ERROR ? NGX_ERROR
                                                                 : NGX_AGAIN;
    }

    return ngx_http_sluice_limits_send(r, ctx);
}


/* What is held goes on at once: who makes a body does not send again before
   there is more of it. */

static void
ngx_http_sluice_limits_more(ngx_http_sluice_share_t *share)
{
    ngx_connection_t *c;
    ngx_http_request_t *r;
    ngx_http_sluice_gate_ctx_t *ctx;

    r = share->request;
    c = r->connection;
    ctx = ngx_http_sluice_gate_find_ctx(r);

    ngx_http_set_log_request(c->log, r);

    ctx->limits->asking = 0;
    ctx->limits->over = share->left < ctx->limits->needed;

    if (ctx->limits->held && ngx_http_sluice_limits_send(r, ctx) == NGX_ERROR) {
        c->error = 1;
    }

    ngx_post_event(c->write, &ngx_posted_events);
}


static ngx_int_t
ngx_http_sluice_limits_filter_init(ngx_conf_t *cf)
{
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_module);

    if (smcf->gated) {
        ngx_http_next_body_filter = ngx_http_top_body_filter;
        ngx_http_top_body_filter = ngx_http_sluice_limits_body_filter;
    }

    return NGX_OK;
}
