/*
 * What a bucket answered, as a client may see it: nginx's proxy, slice and
 * cache have fetched it. A file is a media file like one of this disk, with the
 * bucket's tag, which all machines see alike; what the bucket refuses is no
 * fault of the client's, and is said in the log.
 */

#include "ngx_http_sluice_ahead.h"
#include "ngx_http_sluice_archived.h"
#include "ngx_http_sluice_media.h"
#include "ngx_http_sluice_media_redirect.h"

#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/store/ngx_http_sluice_store.h"
#include "core/base/media_type.h"


#define NGX_HTTP_SLUICE_BUCKET_RETRY 1 /* second */


static ngx_int_t ngx_http_sluice_bucket_init(ngx_conf_t *cf);


static ngx_http_output_header_filter_pt ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt ngx_http_next_body_filter;


static ngx_http_module_t ngx_http_sluice_bucket_filter_module_ctx = {
    ngx_http_sluice_ahead_variable, /* preconfiguration */
    ngx_http_sluice_bucket_init,    /* postconfiguration */

    ngx_http_sluice_ahead_create_conf, /* create main configuration */
    NULL,                              /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    NULL, /* create location configuration */
    NULL  /* merge location configuration */
};


ngx_module_t ngx_http_sluice_bucket_filter_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_bucket_filter_module_ctx, /* module context */
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


/* Without a file: nginx's answer for that status, and none of the bucket's. */

static ngx_int_t
ngx_http_sluice_bucket_refused(ngx_http_request_t *r)
{
    ngx_uint_t status = r->headers_out.status;

    if (status == NGX_HTTP_NOT_FOUND
        || status == NGX_HTTP_RANGE_NOT_SATISFIABLE) {
        return (ngx_int_t) status;
    }

    ngx_log_error(
        NGX_LOG_ERR, r->connection->log, 0, "the bucket answered %ui%s", status,
        status == NGX_HTTP_FORBIDDEN
            ? ": are the credentials of \"sluice_store\" right and "
              "may they read it, and is this machine's clock right?"
        : status == NGX_HTTP_MOVED_PERMANENTLY || status == NGX_HTTP_BAD_REQUEST
            ? ": is region= of \"sluice_store\" the bucket's, and is the token "
              "of a session still good?"
            : "");

    if (status == NGX_HTTP_FORBIDDEN || status == NGX_HTTP_UNAUTHORIZED
        || status == NGX_HTTP_BAD_REQUEST) {
        ngx_http_sluice_store_look();
    }

    return ngx_http_sluice_retry_after(r, NGX_HTTP_SLUICE_BUCKET_RETRY)
                   == NGX_OK
               ? NGX_HTTP_SERVICE_UNAVAILABLE
               : NGX_ERROR;
}


/* An original that the bucket gives. */

static ngx_int_t
ngx_http_sluice_bucket_redirect(ngx_http_request_t *r)
{
    ngx_int_t rc;

    rc = ngx_http_sluice_media_redirects(r)
             ? ngx_http_sluice_media_redirect_to(r)
             : NGX_DECLINED;

    if (rc == NGX_HTTP_MOVED_TEMPORARILY) {
        ngx_http_sluice_header_hide(r, "x-");
        ngx_http_sluice_header_hide(r, "Content-");
    }

    return rc;
}


static ngx_int_t
ngx_http_sluice_bucket_header_filter(ngx_http_request_t *r)
{
    ngx_int_t rc;
    const char *type;

    /* err_status: it is nginx's own answer by now */

    if (r->upstream == NULL || r->err_status
        || !ngx_http_sluice_media_proxied(r)) {
        return ngx_http_next_header_filter(r);
    }

    ngx_http_sluice_ahead(r);

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    switch (r->headers_out.status) {

    case NGX_HTTP_OK:
    case NGX_HTTP_PARTIAL_CONTENT:
    case NGX_HTTP_NOT_MODIFIED:
        break;

    default:
        return ngx_http_sluice_archived(r) ? ngx_http_sluice_archived_answer(r)
                                           : ngx_http_sluice_bucket_refused(r);
    }

    rc = ngx_http_sluice_bucket_redirect(r);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    /* what it says of itself, and of who keeps the bytes, is nobody's */

    ngx_http_sluice_header_hide(r, "x-amz-");
    ngx_http_sluice_header_hide(r, "x-rgw-");

    type = media_type((char *) r->exten.data, r->exten.len);

    return ngx_http_sluice_media_publish(r, type ? type
                                                 : "application/octet-stream")
                   == NGX_OK
               ? ngx_http_next_header_filter(r)
               : NGX_ERROR;
}


static ngx_int_t
ngx_http_sluice_bucket_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t rc;

    rc = ngx_http_next_body_filter(r, in);

    if (in && rc != NGX_ERROR) {
        ngx_http_sluice_ahead_goes(r);
    }

    return rc;
}


static ngx_int_t
ngx_http_sluice_bucket_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_sluice_bucket_header_filter;

    if (ngx_http_sluice_store_is_bucket(cf)) {
        ngx_http_next_body_filter = ngx_http_top_body_filter;
        ngx_http_top_body_filter = ngx_http_sluice_bucket_body_filter;
    }

    return ngx_http_sluice_ahead_init(cf);
}
