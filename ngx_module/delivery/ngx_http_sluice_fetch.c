#include "ngx_http_sluice_fetch.h"

#include <sys/un.h>


/*
 * A connection that is none, as each stream of HTTP/2 has one, and on it a
 * request whose subrequest does the work: nginx ends a subrequest without
 * ending the connection, which is ours.
 */
typedef struct {
    ngx_connection_t connection;
    ngx_event_t read, write;
    ngx_event_t over;
    ngx_log_t log;
    ngx_http_log_ctx_t log_ctx;
    ngx_http_connection_t http;
    ngx_http_post_subrequest_t ended;
    ngx_http_request_t *request;
    ngx_str_t range;
} ngx_http_sluice_fetch_t;


static ngx_uint_t ngx_http_sluice_fetches;

/* what variables and balancers tell of the client */
static struct sockaddr_un ngx_http_sluice_fetch_nobody = {
    .sun_family = AF_UNIX
};


static u_char *
ngx_http_sluice_fetch_log(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char *p;
    ngx_http_log_ctx_t *ctx = log->data;

    p = ngx_snprintf(buf, len, ", while %s, ahead of a client",
                     log->action ? log->action : "fetching");

    return ctx->request ? ngx_snprintf(p, len - (size_t) (p - buf), ": \"%V\"",
                                       &ctx->request->uri)
                        : p;
}


static void
ngx_http_sluice_fetch_quiet(ngx_event_t *ev)
{
}


/* Nothing of it is on the stack any more. */

static void
ngx_http_sluice_fetch_over(ngx_event_t *ev)
{
    ngx_http_sluice_fetch_t *fetch = ev->data;

    if (fetch->read.timer_set) {
        ngx_del_timer(&fetch->read);
    }

    if (fetch->write.timer_set) {
        ngx_del_timer(&fetch->write);
    }

    if (fetch->read.posted) {
        ngx_delete_posted_event(&fetch->read);
    }

    if (fetch->write.posted) {
        ngx_delete_posted_event(&fetch->write);
    }

    ngx_http_free_request(fetch->request, 0);
    ngx_http_sluice_fetches--;

    ngx_free(fetch);
}


static ngx_int_t
ngx_http_sluice_fetch_ended(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_http_sluice_fetch_t *fetch = data;

    ngx_post_event(&fetch->over, &ngx_posted_events);

    /* no page for whatever went wrong: nobody would see it */
    return NGX_OK;
}


static void
ngx_http_sluice_fetch_connect(ngx_http_sluice_fetch_t *fetch,
                              ngx_http_request_t *r)
{
    ngx_connection_t *c = &fetch->connection;
    ngx_http_core_srv_conf_t *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    fetch->http.conf_ctx = cscf->ctx;
    fetch->http.addr_conf = r->main->http_connection->addr_conf;

    fetch->log = *ngx_cycle->log;
    fetch->log.handler = ngx_http_sluice_fetch_log;
    fetch->log.data = &fetch->log_ctx;
    fetch->log_ctx.connection = c;

    /* nobody watches it: as if the kernel did so already */

    fetch->read.data = c;
    fetch->read.log = &fetch->log;
    fetch->read.active = 1;
    fetch->read.handler = ngx_http_sluice_fetch_quiet;
    fetch->write = fetch->read;
    fetch->write.write = 1;
    fetch->write.ready = 1;

    fetch->over.data = fetch;
    fetch->over.log = ngx_cycle->log;
    fetch->over.handler = ngx_http_sluice_fetch_over;

    c->fd = (ngx_socket_t) -1;
    c->data = &fetch->http;
    c->read = &fetch->read;
    c->write = &fetch->write;
    c->log = &fetch->log;
    c->log_error = NGX_ERROR_INFO;
    c->type = SOCK_STREAM;
    c->listening = r->connection->listening;
    c->sockaddr = (struct sockaddr *) &ngx_http_sluice_fetch_nobody;
    c->socklen = sizeof(struct sockaddr_un);
    c->local_sockaddr = c->sockaddr;
    c->local_socklen = c->socklen;
    ngx_str_set(&c->addr_text, "unix:");
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
}


static ngx_int_t
ngx_http_sluice_fetch_copy(ngx_pool_t *pool, ngx_str_t *to,
                           const ngx_str_t *text)
{
    to->len = text->len;
    to->data = ngx_pnalloc(pool, text->len + 1);
    if (to->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(to->data, text->data, text->len);
    to->data[text->len] = '\0';

    return NGX_OK;
}


/* As the client's, where its location has been found and its gate passed. */

static ngx_int_t
ngx_http_sluice_fetch_begin(ngx_http_sluice_fetch_t *fetch,
                            ngx_http_request_t *r, const ngx_str_t *uri,
                            const ngx_str_t *range)
{
    ngx_http_request_t *fr = fetch->request, *sr;

    fetch->connection.data = fr;
    fetch->connection.pool = fr->pool;
    fetch->ended.handler = ngx_http_sluice_fetch_ended;
    fetch->ended.data = fetch;

    fr->logged = 1;
    fr->method = NGX_HTTP_GET;
    fr->method_name = ngx_http_core_get_method;
    fr->http_version = NGX_HTTP_VERSION_11;
    fr->loc_conf = r->loc_conf;
    fr->content_handler = r->content_handler;
    fr->phase_handler = r->phase_handler;
    fr->valid_location = r->valid_location;
    ngx_str_set(&fr->http_protocol, "HTTP/1.1");

    if (ngx_http_sluice_fetch_copy(fr->pool, &fetch->range, range) != NGX_OK
        || ngx_http_sluice_fetch_copy(fr->pool, &fr->uri, uri) != NGX_OK) {
        return NGX_ERROR;
    }

    fr->unparsed_uri = fr->uri;

    if (ngx_http_subrequest(fr, &fr->uri, NULL, &sr, &fetch->ended,
                            NGX_HTTP_SUBREQUEST_CLONE
                                | NGX_HTTP_SUBREQUEST_BACKGROUND)
        != NGX_OK) {
        return NGX_ERROR;
    }

    sr->header_only = 1;

    return NGX_OK;
}


ngx_int_t
ngx_http_sluice_fetch(ngx_http_request_t *r, const ngx_str_t *uri,
                      const ngx_str_t *range)
{
    ngx_http_sluice_fetch_t *fetch;

    if (ngx_exiting || ngx_http_sluice_fetches >= NGX_HTTP_SLUICE_FETCHES) {
        return NGX_BUSY;
    }

    fetch = ngx_calloc(sizeof(ngx_http_sluice_fetch_t), r->connection->log);
    if (fetch == NULL) {
        return NGX_ERROR;
    }

    ngx_http_sluice_fetch_connect(fetch, r);

    fetch->request = ngx_http_create_request(&fetch->connection);
    if (fetch->request == NULL) {
        ngx_free(fetch);
        return NGX_ERROR;
    }

    ngx_http_sluice_fetches++;

    if (ngx_http_sluice_fetch_begin(fetch, r, uri, range) != NGX_OK) {
        ngx_http_sluice_fetch_over(&fetch->over);
        return NGX_ERROR;
    }

    ngx_http_run_posted_requests(&fetch->connection);

    return NGX_OK;
}


const ngx_str_t *
ngx_http_sluice_fetch_range(ngx_http_request_t *r)
{
    ngx_connection_t *c = r->connection;

    /* no other connection has this log */

    return c->log->handler == ngx_http_sluice_fetch_log
               ? &((ngx_http_sluice_fetch_t *) c)->range
               : NULL;
}
