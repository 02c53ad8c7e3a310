/* What tus says in headers: a request, all of it hostile, and its answer. */

#include "ngx_http_sluice_ingest.h"
#include "ngx_http_sluice_tus_headers.h"
#include "ngx_http_sluice_tus_internal.h"
#include "ngx_http_sluice_upload_lock.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_once.h"
#include "ngx_module/http/ngx_http_sluice_request.h"
#include "ngx_module/links/ngx_http_sluice_reply.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"
#include "core/base/tus.h"
#include "core/base/uuid.h"

#include <jansson.h>


#define NGX_HTTP_SLUICE_TUS_TYPE "application/offset+octet-stream"
#define NGX_HTTP_SLUICE_TUS_UNNAMED "unnamed"


/* headers of the answer */

ngx_int_t
ngx_http_sluice_tus_say(ngx_http_request_t *r, const char *name,
                        const char *value)
{
    ngx_str_t text;

    text.data = (u_char *) value;
    text.len = ngx_strlen(value);

    return ngx_http_sluice_header(r, name, &text);
}


ngx_int_t
ngx_http_sluice_tus_say_size(ngx_http_request_t *r, const char *name,
                             off_t value)
{
    ngx_str_t text;

    text.data = ngx_pnalloc(r->pool, NGX_OFF_T_LEN);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    text.len = (size_t) (ngx_sprintf(text.data, "%O", value) - text.data);

    return ngx_http_sluice_header(r, name, &text);
}


/* 413 with the bound */

static ngx_int_t
ngx_http_sluice_tus_too_large(ngx_http_sluice_tus_t *tus)
{
    if (tus->conf->max_size
        && ngx_http_sluice_tus_say_size(tus->request, "Tus-Max-Size",
                                        tus->conf->max_size)
               != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_problem(tus->request, SLUICE_TOO_LARGE, NULL, NULL);
}


/* headers of the request */

/* 1 and the value when there is such a header; its name in lower case */

static ngx_uint_t
ngx_http_sluice_tus_header(ngx_http_request_t *r, const char *name,
                           ngx_str_t *value)
{
    ngx_str_t header;

    header.data = (u_char *) name;
    header.len = ngx_strlen(name);

    return ngx_http_sluice_request_header(r, &header, value) > 0;
}


/* NGX_DECLINED: it is missing; NGX_ERROR: it is no number */

static ngx_int_t
ngx_http_sluice_tus_size(ngx_http_request_t *r, const char *name, off_t *size)
{
    int64_t n;
    ngx_str_t value;

    if (!ngx_http_sluice_tus_header(r, name, &value)) {
        return NGX_DECLINED;
    }

    if (tus_size((char *) value.data, value.len, &n) != 0) {
        return NGX_ERROR;
    }

    *size = (off_t) n;

    return NGX_OK;
}


/* `field` is the header */

static ngx_int_t
ngx_http_sluice_tus_bad(ngx_http_request_t *r, const char *header)
{
    return ngx_http_sluice_problem(r, SLUICE_HEADER_INVALID, NULL, header);
}


/* NGX_OK; NGX_DECLINED: there is none; NGX_ERROR: no memory */

static ngx_int_t
ngx_http_sluice_tus_value(ngx_http_sluice_tus_t *tus, const char *key,
                          ngx_str_t *value)
{
    long len;
    u_char buf[TUS_METADATA_MAX];

    len = tus_metadata_find((char *) tus->metadata.data, tus->metadata.len, key,
                            buf, sizeof(buf));

    if (len <= 0) {
        return NGX_DECLINED;
    }

    value->len = (size_t) len;
    value->data = ngx_pnalloc(tus->request->pool, value->len);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(value->data, buf, value->len);

    return NGX_OK;
}


ngx_int_t
ngx_http_sluice_tus_read_args(ngx_http_sluice_tus_t *tus)
{
    ngx_uint_t i;

    for (i = 0; i < NGX_HTTP_SLUICE_LABEL_ARGS; i++) {
        if (ngx_http_sluice_tus_value(tus, ngx_http_sluice_label_args[i],
                                      &tus->ingest.label.args[i])
            == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* NGX_DECLINED when there is nothing to refuse, else the answer: so here and
   below */

static ngx_int_t
ngx_http_sluice_tus_read_metadata(ngx_http_sluice_tus_t *tus)
{
    ngx_int_t rc;
    ngx_http_request_t *r = tus->request;
    ngx_http_sluice_label_t *label = &tus->ingest.label;

    if (ngx_http_sluice_tus_header(r, "upload-metadata", &tus->metadata)
        && tus_metadata_check((char *) tus->metadata.data, tus->metadata.len)
               != 0) {
        return ngx_http_sluice_tus_bad(r, "Upload-Metadata");
    }

    rc = ngx_http_sluice_tus_value(tus, "filename", &label->filename);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_sluice_tus_value(tus, "name", &label->filename);
    }

    if (rc == NGX_DECLINED) {
        ngx_str_set(&label->filename, NGX_HTTP_SLUICE_TUS_UNNAMED);
    }

    if (rc == NGX_ERROR
        || ngx_http_sluice_tus_value(tus, "title", &label->title) == NGX_ERROR
        || ngx_http_sluice_tus_read_args(tus) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_label_check(r, label);
}


static ngx_uint_t
ngx_http_sluice_tus_is_typed(ngx_http_request_t *r)
{
    ngx_table_elt_t *type = r->headers_in.content_type;

    return type && type->value.len == sizeof(NGX_HTTP_SLUICE_TUS_TYPE) - 1
           && ngx_strncasecmp(type->value.data,
                              (u_char *) NGX_HTTP_SLUICE_TUS_TYPE,
                              sizeof(NGX_HTTP_SLUICE_TUS_TYPE) - 1)
                  == 0;
}


static ngx_int_t
ngx_http_sluice_tus_read_body(ngx_http_sluice_tus_t *tus)
{
    ngx_str_t value;
    ngx_http_request_t *r = tus->request;

    if (!ngx_http_sluice_tus_is_typed(r)) {
        return ngx_http_sluice_problem(r, SLUICE_TYPE_UNSUPPORTED, NULL,
                                       "Content-Type");
    }

    if (r->headers_in.content_length_n > TUS_SIZE_MAX) {
        return ngx_http_sluice_tus_too_large(tus);
    }

    if (ngx_http_sluice_tus_header(r, "upload-checksum", &value)) {

        if (tus_checksum_begin((char *) value.data, value.len, &tus->sum)
            != 0) {
            return ngx_http_sluice_tus_bad(r, "Upload-Checksum");
        }

        tus->summed = 1;
    }

    return NGX_DECLINED;
}


ngx_uint_t
ngx_http_sluice_tus_has_body(ngx_http_request_t *r)
{
    if (r->headers_in.content_length_n > 0 || r->headers_in.chunked) {
        return 1;
    }

#if (NGX_HTTP_V2)
    if (r->stream && r->headers_in.content_length_n < 0) {
        return !r->stream->in_closed;
    }
#endif

    return 0;
}


/* A key stands for what is begun, not for the first bytes that come along: how
   far those came, the offset tells. */

static ngx_int_t
ngx_http_sluice_tus_once(ngx_http_sluice_tus_t *tus)
{
    ngx_str_t what[4];
    ngx_uint_t i;

    static const char *const names[] = { "upload-length", "upload-defer-length",
                                         "upload-metadata", "upload-concat" };

    for (i = 0; i < 4; i++) {
        ngx_str_null(&what[i]);
        (void) ngx_http_sluice_tus_header(tus->request, names[i], &what[i]);
    }

    return ngx_http_sluice_once(tus->request, what, 4, &tus->ingest.once);
}


/* A final upload has no length yet, all others have one or announce it. */

static ngx_int_t
ngx_http_sluice_tus_read_create(ngx_http_sluice_tus_t *tus)
{
    ngx_int_t rc;
    ngx_str_t value;
    ngx_uint_t defer;
    ngx_http_request_t *r = tus->request;

    if (ngx_http_sluice_tus_header(r, "upload-concat", &value)
        && tus_concat((char *) value.data, value.len, NGX_HTTP_SLUICE_TUS_PATH,
                      &tus->parts)
               != 0) {
        return ngx_http_sluice_tus_bad(r, "Upload-Concat");
    }

    tus->partial = (tus->parts.kind == TUS_PARTIAL);

    rc = ngx_http_sluice_tus_size(r, "upload-length", &tus->length);

    defer = ngx_http_sluice_tus_header(r, "upload-defer-length", &value)
            && value.len == 1 && value.data[0] == '1';

    if (rc == NGX_ERROR
        || (ngx_uint_t) (rc == NGX_OK) + defer
               != (tus->parts.kind != TUS_FINAL)) {
        return ngx_http_sluice_tus_bad(r, "Upload-Length");
    }

    if (tus->conf->max_size && tus->length > tus->conf->max_size) {
        return ngx_http_sluice_tus_too_large(tus);
    }

    rc = ngx_http_sluice_tus_read_metadata(tus);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_sluice_tus_once(tus);
    }

    if (rc != NGX_DECLINED || !ngx_http_sluice_tus_has_body(r)) {
        return rc;
    }

    if (r->headers_in.content_length_n < 0
        && !ngx_http_sluice_tus_is_typed(r)) {
        /* nobody knows whether anything comes; nothing is meant to */
        return NGX_DECLINED;
    }

    if (tus->parts.kind == TUS_FINAL) {
        return ngx_http_sluice_problem(r, SLUICE_BODY_INVALID, NULL, NULL);
    }

    tus->offset = 0;

    return ngx_http_sluice_tus_read_body(tus);
}


static ngx_int_t
ngx_http_sluice_tus_read_patch(ngx_http_sluice_tus_t *tus)
{
    ngx_http_request_t *r = tus->request;

    if (ngx_http_sluice_tus_size(r, "upload-offset", &tus->offset) != NGX_OK) {
        return ngx_http_sluice_tus_bad(r, "Upload-Offset");
    }

    if (ngx_http_sluice_tus_size(r, "upload-length", &tus->new_length)
        == NGX_ERROR) {
        return ngx_http_sluice_tus_bad(r, "Upload-Length");
    }

    if (tus->conf->max_size && tus->new_length > tus->conf->max_size) {
        return ngx_http_sluice_tus_too_large(tus);
    }

    return ngx_http_sluice_tus_read_body(tus);
}


static void
ngx_http_sluice_tus_cleanup(void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    if (tus->summed) {
        tus_checksum_free(&tus->sum);
    }

    if (tus->turn.timer_set) {
        ngx_del_timer(&tus->turn);
    }

    json_decref(tus->ingest.more);
}


static ngx_http_sluice_tus_t *
ngx_http_sluice_tus_create(ngx_http_request_t *r,
                           ngx_http_sluice_tus_method_t method)
{
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_tus_t *tus;

    cln = ngx_http_cleanup_add(r, 0);
    tus = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_tus_t));

    if (cln == NULL || tus == NULL
        || ngx_http_sluice_upload_lock_init(r, &tus->lock) != NGX_OK) {
        return NULL;
    }

    cln->handler = ngx_http_sluice_tus_cleanup;
    cln->data = tus;

    tus->request = r;
    tus->conf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_upload_module);
    tus->method = method;
    tus->offset = -1;
    tus->new_length = -1;
    tus->length = -1;

    if (method == NGX_HTTP_SLUICE_TUS_CREATE) {
        return uuid_v7(tus->id) == 0 ? tus : NULL;
    }

    ngx_memcpy(tus->id, r->uri.data + r->uri.len - UUID_TEXT_LEN,
               UUID_TEXT_LEN);

    return tus;
}


ngx_int_t
ngx_http_sluice_tus_read(ngx_http_request_t *r,
                         ngx_http_sluice_tus_method_t method,
                         ngx_http_sluice_tus_t **tus)
{
    ngx_str_t version;
    ngx_http_sluice_upload_loc_conf_t *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_upload_module);

    if (conf->spool.len == 0) {
        return ngx_http_sluice_problem(r, SLUICE_NOT_FOUND, NULL, NULL);
    }

    if (ngx_http_sluice_tus_say(r, "Tus-Resumable", TUS_VERSION) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!ngx_http_sluice_tus_header(r, "tus-resumable", &version)
        || version.len != sizeof(TUS_VERSION) - 1
        || ngx_strncmp(version.data, TUS_VERSION, version.len) != 0) {

        return ngx_http_sluice_tus_say(r, "Tus-Version", TUS_VERSION) == NGX_OK
                   ? ngx_http_sluice_problem(r, SLUICE_UPLOAD_VERSION, NULL,
                                             NULL)
                   : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    *tus = ngx_http_sluice_tus_create(r, method);
    if (*tus == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return method == NGX_HTTP_SLUICE_TUS_CREATE
               ? ngx_http_sluice_tus_read_create(*tus)
           : method == NGX_HTTP_SLUICE_TUS_PATCH
               ? ngx_http_sluice_tus_read_patch(*tus)
               : NGX_DECLINED;
}


/* The answers: the lock first, since the client may come at once. */

void
ngx_http_sluice_tus_unlock(ngx_http_sluice_tus_t *tus)
{
    if (tus->stored && tus->spool) {
        ngx_http_sluice_parts_leave_disk(&tus->up);
    }

    ngx_http_sluice_upload_unlock(&tus->lock);
}


void
ngx_http_sluice_tus_refuse(ngx_http_sluice_tus_t *tus, sluice_status_t status,
                           const char *detail)
{
    ngx_int_t rc;

    ngx_http_sluice_tus_unlock(tus);

    rc = status == SLUICE_TOO_LARGE
             ? ngx_http_sluice_tus_too_large(tus)
             : ngx_http_sluice_problem(tus->request, status, detail, NULL);
    ngx_http_sluice_finish(tus->request, rc);
}


void
ngx_http_sluice_tus_reply(ngx_http_sluice_tus_t *tus,
                          const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_tus_unlock(tus);
    ngx_http_sluice_finish(tus->request,
                           ngx_http_sluice_reply(tus->request, result, 0));
}


void
ngx_http_sluice_tus_fail(ngx_http_sluice_tus_t *tus, ngx_err_t err)
{
    ngx_http_sluice_tus_refuse(tus, ngx_sluice_spool_status(err), NULL);
}


static ngx_int_t
ngx_http_sluice_tus_say_upload(ngx_http_sluice_tus_t *tus)
{
    ngx_str_t date;
    ngx_http_request_t *r = tus->request;

    if (ngx_http_sluice_tus_say_size(r, "Upload-Offset",
                                     tus->done ? tus->length : tus->spool->size)
        != NGX_OK) {
        return NGX_ERROR;
    }

    date.data = ngx_pnalloc(r->pool, sizeof("Mon, 28 Sep 1970 06:00:00 GMT"));
    if (date.data == NULL) {
        return NGX_ERROR;
    }

    date.len = (size_t) (ngx_http_time(date.data, tus->expires) - date.data);

    if (ngx_http_sluice_header(r, "Upload-Expires", &date) != NGX_OK
        || (tus->media[0]
            && ngx_http_sluice_tus_say(r, "Sluice-Media", tus->media)
                   != NGX_OK)) {
        return NGX_ERROR;
    }

    if (tus->method != NGX_HTTP_SLUICE_TUS_HEAD) {
        return NGX_OK;
    }

    if ((tus->length >= 0
             ? ngx_http_sluice_tus_say_size(r, "Upload-Length", tus->length)
             : ngx_http_sluice_tus_say(r, "Upload-Defer-Length", "1"))
            != NGX_OK
        || (tus->concat.len
            && ngx_http_sluice_header(r, "Upload-Concat", &tus->concat)
                   != NGX_OK)) {
        return NGX_ERROR;
    }

    return tus->metadata.len
               ? ngx_http_sluice_header(r, "Upload-Metadata", &tus->metadata)
               : NGX_OK;
}


void
ngx_http_sluice_tus_answer(ngx_http_sluice_tus_t *tus)
{
    ngx_uint_t status;
    ngx_str_t body = ngx_null_string;

    if (tus->method != NGX_HTTP_SLUICE_TUS_DELETE
        && ngx_http_sluice_tus_say_upload(tus) != NGX_OK) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    ngx_http_sluice_tus_unlock(tus);

    status = tus->method == NGX_HTTP_SLUICE_TUS_CREATE ? NGX_HTTP_CREATED
             : tus->method == NGX_HTTP_SLUICE_TUS_HEAD ? NGX_HTTP_OK
                                                       : NGX_HTTP_NO_CONTENT;

    ngx_http_sluice_finish(tus->request,
                           ngx_http_sluice_json(tus->request, status, &body));
}
