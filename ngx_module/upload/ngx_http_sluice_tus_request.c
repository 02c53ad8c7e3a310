/* What a request of tus says: headers alone, all of them hostile. */

#include "ngx_http_sluice_tus.h"
#include "ngx_http_sluice_upload.h"

#include "ngx_module/http/ngx_http_sluice_request.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "core/base/status.h"
#include "core/base/tus.h"
#include "core/base/uuid.h"


#define NGX_HTTP_SLUICE_TUS_TYPE "application/offset+octet-stream"
#define NGX_HTTP_SLUICE_TUS_UNNAMED "unnamed"


static void ngx_http_sluice_tus_cleanup(void *data);
static ngx_int_t ngx_http_sluice_tus_read_metadata(ngx_http_sluice_tus_t *tus);
static ngx_int_t ngx_http_sluice_tus_read_value(ngx_http_sluice_tus_t *tus,
                                                const char *key,
                                                ngx_str_t *value);


/* NULL and the answer when the request is refused already */

ngx_http_sluice_tus_t *
ngx_http_sluice_tus_create(ngx_http_request_t *r,
                           ngx_http_sluice_tus_goal_t goal, ngx_int_t *rc)
{
    ngx_str_t version;
    ngx_http_cleanup_t *cln;
    ngx_http_sluice_tus_t *tus;
    ngx_http_sluice_upload_loc_conf_t *conf;

    *rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_upload_module);

    if (conf->spool.len == 0) {
        *rc = ngx_http_sluice_problem(r, SLUICE_NOT_FOUND, NULL, NULL);
        return NULL;
    }

    if (ngx_http_sluice_tus_say(r, "Tus-Resumable", TUS_VERSION) != NGX_OK) {
        return NULL;
    }

    if (!ngx_http_sluice_tus_header(r, "tus-resumable", &version)
        || version.len != sizeof(TUS_VERSION) - 1
        || ngx_strncmp(version.data, TUS_VERSION, version.len) != 0) {

        if (ngx_http_sluice_tus_say(r, "Tus-Version", TUS_VERSION) == NGX_OK) {
            *rc = ngx_http_sluice_problem(r, SLUICE_UPLOAD_VERSION, NULL, NULL);
        }
        return NULL;
    }

    cln = ngx_http_cleanup_add(r, 0);
    tus = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_tus_t));

    if (cln == NULL || tus == NULL || uuid_v7(tus->lock.token) != 0) {
        return NULL;
    }

    cln->handler = ngx_http_sluice_tus_cleanup;
    cln->data = tus;

    tus->request = r;
    tus->conf = conf;
    tus->goal = goal;
    tus->offset = -1;
    tus->given = -1;
    tus->length = -1;
    tus->room = -1;

    if (goal == NGX_HTTP_SLUICE_TUS_CREATE) {
        if (uuid_v7(tus->id) != 0) {
            return NULL;
        }

    } else {
        ngx_memcpy(tus->id, r->uri.data + r->uri.len - UUID_TEXT_LEN,
                   UUID_TEXT_LEN);
    }

    return tus;
}


static void
ngx_http_sluice_tus_cleanup(void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    if (tus->timer.timer_set) {
        ngx_del_timer(&tus->timer);
    }

    ngx_http_sluice_upload_release(&tus->lock);

    if (tus->summed) {
        tus_checksum_free(&tus->sum);
    }
}


/* what the request says */

ngx_uint_t
ngx_http_sluice_tus_header(ngx_http_request_t *r, const char *name,
                           ngx_str_t *value)
{
    ngx_str_t header;

    header.data = (u_char *) name;
    header.len = ngx_strlen(name);

    return ngx_http_sluice_request_header(r, &header, value);
}


/* `field` is the header */

ngx_int_t
ngx_http_sluice_tus_bad(ngx_http_request_t *r, sluice_status_t status,
                        const char *header)
{
    return ngx_http_sluice_problem(r, status, NULL, header);
}


/* NGX_DECLINED: it is missing; NGX_ERROR: it is no number */

ngx_int_t
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


/* NGX_DECLINED when there is nothing to refuse, else the answer: so here and
   below */

ngx_int_t
ngx_http_sluice_tus_read_create(ngx_http_sluice_tus_t *tus)
{
    ngx_int_t rc;
    ngx_str_t value;
    ngx_http_request_t *r = tus->request;

    if (ngx_http_sluice_tus_header(r, "upload-concat", &value)
        && tus_concat((char *) value.data, value.len, NGX_HTTP_SLUICE_TUS_PATH,
                      &tus->parts)
               != 0) {
        return ngx_http_sluice_tus_bad(r, SLUICE_HEADER_INVALID,
                                       "Upload-Concat");
    }

    tus->partial = (tus->parts.kind == TUS_PARTIAL);

    rc = ngx_http_sluice_tus_size(r, "upload-length", &tus->length);

    tus->defer = ngx_http_sluice_tus_header(r, "upload-defer-length", &value)
                 && value.len == 1 && value.data[0] == '1';

    /* a final upload has neither, all others one of them */

    if (rc == NGX_ERROR
        || (rc == NGX_OK) + tus->defer != (tus->parts.kind != TUS_FINAL)) {
        return ngx_http_sluice_tus_bad(r, SLUICE_HEADER_INVALID,
                                       "Upload-Length");
    }

    if (tus->conf->max_size && tus->length > tus->conf->max_size) {
        return ngx_http_sluice_tus_too_large(tus);
    }

    rc = ngx_http_sluice_tus_read_metadata(tus);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (!ngx_http_sluice_tus_has_body(r)) {
        return NGX_DECLINED;
    }

    if (tus->parts.kind == TUS_FINAL) {
        return ngx_http_sluice_tus_bad(r, SLUICE_BODY_INVALID, NULL);
    }

    tus->offset = 0;

    return ngx_http_sluice_tus_read_body(tus);
}


static ngx_int_t
ngx_http_sluice_tus_read_metadata(ngx_http_sluice_tus_t *tus)
{
    ngx_int_t rc;
    ngx_http_request_t *r = tus->request;
    ngx_http_sluice_label_t *label = &tus->ingest.label;

    if (ngx_http_sluice_tus_header(r, "upload-metadata", &tus->metadata)
        && tus_metadata_check((char *) tus->metadata.data, tus->metadata.len)
               != 0) {
        return ngx_http_sluice_tus_bad(r, SLUICE_HEADER_INVALID,
                                       "Upload-Metadata");
    }

    rc = ngx_http_sluice_tus_read_value(tus, "filename", &label->filename);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_sluice_tus_read_value(tus, "name", &label->filename);
    }

    if (rc == NGX_DECLINED) {
        ngx_str_set(&label->filename, NGX_HTTP_SLUICE_TUS_UNNAMED);
    }

    if (rc == NGX_ERROR
        || ngx_http_sluice_tus_read_value(tus, "title", &label->title)
               == NGX_ERROR
        || ngx_http_sluice_tus_read_score(tus) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_label_check(r, label);
}


ngx_int_t
ngx_http_sluice_tus_read_score(ngx_http_sluice_tus_t *tus)
{
    ngx_uint_t i;

    for (i = 0; i < NGX_HTTP_SLUICE_SCORE_ARGS; i++) {
        if (ngx_http_sluice_tus_read_value(tus, ngx_http_sluice_score_args[i],
                                           &tus->ingest.label.score[i])
            == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* NGX_OK; NGX_DECLINED: there is none; NGX_ERROR: no memory */

static ngx_int_t
ngx_http_sluice_tus_read_value(ngx_http_sluice_tus_t *tus, const char *key,
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
ngx_http_sluice_tus_read_body(ngx_http_sluice_tus_t *tus)
{
    ngx_str_t value;
    ngx_http_request_t *r = tus->request;

    if (r->headers_in.content_type == NULL
        || r->headers_in.content_type->value.len
               != sizeof(NGX_HTTP_SLUICE_TUS_TYPE) - 1
        || ngx_strncasecmp(r->headers_in.content_type->value.data,
                           (u_char *) NGX_HTTP_SLUICE_TUS_TYPE,
                           sizeof(NGX_HTTP_SLUICE_TUS_TYPE) - 1)
               != 0) {
        return ngx_http_sluice_tus_bad(r, SLUICE_TYPE_UNSUPPORTED,
                                       "Content-Type");
    }

    if (ngx_http_sluice_tus_header(r, "upload-checksum", &value)) {

        if (tus_checksum_begin((char *) value.data, value.len, &tus->sum)
            != 0) {
            return ngx_http_sluice_tus_bad(r, SLUICE_HEADER_INVALID,
                                           "Upload-Checksum");
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
