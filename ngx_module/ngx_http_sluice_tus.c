/*
 * Uploads that can be taken up again: tus 1.0.0 (https://tus.io). A request is
 * read here, and answered; in between the record is asked, the file's lock is
 * taken, and bytes are written (ngx_http_sluice_tus_file.c).
 */

#include "ngx_http_sluice_tus.h"


#define NGX_HTTP_SLUICE_TUS_TYPE "application/offset+octet-stream"
#define NGX_HTTP_SLUICE_TUS_UNNAMED "unnamed"


static ngx_http_sluice_tus_t *
ngx_http_sluice_tus_create(ngx_http_request_t *r,
                           ngx_http_sluice_tus_goal_t goal, ngx_int_t *rc);
static void ngx_http_sluice_tus_cleanup(void *data);
static ngx_uint_t ngx_http_sluice_tus_header(ngx_http_request_t *r,
                                             const char *name,
                                             ngx_str_t *value);
static ngx_int_t ngx_http_sluice_tus_bad(ngx_http_request_t *r,
                                         sluice_status_t status,
                                         const char *header);
static ngx_int_t ngx_http_sluice_tus_size(ngx_http_request_t *r,
                                          const char *name, off_t *size);
static ngx_int_t ngx_http_sluice_tus_too_large(ngx_http_sluice_tus_t *tus);
static ngx_int_t ngx_http_sluice_tus_read_create(ngx_http_sluice_tus_t *tus);
static ngx_int_t ngx_http_sluice_tus_read_metadata(ngx_http_sluice_tus_t *tus);
static ngx_int_t ngx_http_sluice_tus_read_value(ngx_http_sluice_tus_t *tus,
                                                const char *key,
                                                ngx_str_t *value);
static ngx_int_t ngx_http_sluice_tus_read_body(ngx_http_sluice_tus_t *tus);
static ngx_uint_t ngx_http_sluice_tus_has_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_sluice_tus_open(ngx_http_sluice_tus_t *tus);
static void ngx_http_sluice_tus_opened(ngx_http_request_t *r, void *data,
                                       const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_tus_locked(ngx_http_sluice_tus_t *tus);
static void ngx_http_sluice_tus_delete(ngx_http_sluice_tus_t *tus);
static void ngx_http_sluice_tus_deleted(ngx_http_request_t *r, void *data,
                                        const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_tus_remove(void *data, ngx_log_t *log);
static void ngx_http_sluice_tus_removed(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_make(void *data, ngx_log_t *log);
static void ngx_http_sluice_tus_made(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_created(ngx_http_request_t *r, void *data,
                                        const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_tus_expired(ngx_http_sluice_tus_t *tus,
                                        json_t *list);
static void ngx_http_sluice_tus_filled(ngx_http_sluice_tus_t *tus);
static ngx_int_t ngx_http_sluice_tus_say(ngx_http_request_t *r,
                                         const char *name, const char *value);
static ngx_int_t ngx_http_sluice_tus_say_size(ngx_http_request_t *r,
                                              const char *name, off_t value);
static ngx_int_t ngx_http_sluice_tus_headers(ngx_http_sluice_tus_t *tus);


static ngx_sluice_pg_statement_t ngx_http_sluice_create_upload = {
    "create_upload",
    "select status, body from api.create_upload($1::uuid, $2::jsonb)", 2, 0
};

static ngx_sluice_pg_statement_t ngx_http_sluice_open_upload = {
    "open_upload",
    "select status, body from api.open_upload($1::uuid, $2::jsonb)", 2, 0
};

static ngx_sluice_pg_statement_t ngx_http_sluice_delete_upload = {
    "delete_upload",
    "select status, body from api.delete_upload($1::uuid, $2::jsonb)", 2, 0
};


/* OPTIONS: what there is; no version is asked for */

ngx_int_t
ngx_http_sluice_tus_options_handler(ngx_http_request_t *r)
{
    ngx_str_t body = ngx_null_string;
    ngx_http_sluice_upload_loc_conf_t *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_upload_module);

    if (ngx_http_sluice_tus_say(r, "Tus-Resumable", TUS_VERSION) != NGX_OK
        || ngx_http_sluice_tus_say(r, "Tus-Version", TUS_VERSION) != NGX_OK
        || ngx_http_sluice_tus_say(r, "Tus-Extension", TUS_EXTENSIONS) != NGX_OK
        || ngx_http_sluice_tus_say(r, "Tus-Checksum-Algorithm", TUS_ALGORITHMS)
               != NGX_OK
        || (conf->max_size
            && ngx_http_sluice_tus_say_size(r, "Tus-Max-Size", conf->max_size)
                   != NGX_OK)) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_json(r, NGX_HTTP_NO_CONTENT, &body);
}


/* POST …/<id>, for clients that cannot send other methods */

ngx_int_t
ngx_http_sluice_tus_post_handler(ngx_http_request_t *r)
{
    ngx_str_t method;

    if (ngx_http_sluice_tus_header(r, "x-http-method-override", &method)) {

        if (method.len == 5 && ngx_strncmp(method.data, "PATCH", 5) == 0) {
            return ngx_http_sluice_tus_patch_handler(r);
        }

        if (method.len == 6 && ngx_strncmp(method.data, "DELETE", 6) == 0) {
            return ngx_http_sluice_tus_delete_handler(r);
        }

        if (method.len == 4 && ngx_strncmp(method.data, "HEAD", 4) == 0) {
            return ngx_http_sluice_tus_head_handler(r);
        }
    }

    return ngx_http_sluice_problem(r, SLUICE_METHOD_NOT_ALLOWED, NULL, NULL);
}


ngx_int_t
ngx_http_sluice_tus_head_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_http_sluice_tus_t *tus;

    tus = ngx_http_sluice_tus_create(r, NGX_HTTP_SLUICE_TUS_HEAD, &rc);

    return tus ? ngx_http_sluice_tus_open(tus) : rc;
}


ngx_int_t
ngx_http_sluice_tus_delete_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_http_sluice_tus_t *tus;

    tus = ngx_http_sluice_tus_create(r, NGX_HTTP_SLUICE_TUS_DELETE, &rc);

    return tus ? ngx_http_sluice_tus_open(tus) : rc;
}


ngx_int_t
ngx_http_sluice_tus_patch_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_http_sluice_tus_t *tus;

    tus = ngx_http_sluice_tus_create(r, NGX_HTTP_SLUICE_TUS_PATCH, &rc);
    if (tus == NULL) {
        return rc;
    }

    rc = ngx_http_sluice_tus_size(r, "upload-offset", &tus->offset);

    if (rc != NGX_OK) {
        return ngx_http_sluice_tus_bad(r, SLUICE_HEADER_INVALID,
                                       "Upload-Offset");
    }

    rc = ngx_http_sluice_tus_size(r, "upload-length", &tus->given);

    if (rc == NGX_ERROR) {
        return ngx_http_sluice_tus_bad(r, SLUICE_HEADER_INVALID,
                                       "Upload-Length");
    }

    if (tus->conf->max_size && tus->given > tus->conf->max_size) {
        return ngx_http_sluice_tus_too_large(tus);
    }

    rc = ngx_http_sluice_tus_read_body(tus);

    return rc == NGX_DECLINED ? ngx_http_sluice_tus_open(tus) : rc;
}


ngx_int_t
ngx_http_sluice_tus_create_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_http_sluice_tus_t *tus;

    tus = ngx_http_sluice_tus_create(r, NGX_HTTP_SLUICE_TUS_CREATE, &rc);
    if (tus == NULL) {
        return rc;
    }

    rc = ngx_http_sluice_tus_read_create(tus);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    r->main->count++;

    if (tus->parts.kind == TUS_FINAL) {
        ngx_http_sluice_tus_final(tus);
        return NGX_DONE;
    }

    tus->spool = ngx_sluice_spool_create(r->pool, &tus->conf->spool, tus->id);

    if (tus->spool == NULL) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return NGX_DONE;
    }

    ngx_http_sluice_tus_thread(tus, ngx_http_sluice_tus_make,
                               ngx_http_sluice_tus_made);

    return NGX_DONE;
}


/* NULL and the answer when the request is refused already */

static ngx_http_sluice_tus_t *
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

static ngx_uint_t
ngx_http_sluice_tus_header(ngx_http_request_t *r, const char *name,
                           ngx_str_t *value)
{
    size_t len;
    ngx_uint_t i;
    ngx_list_part_t *part;
    ngx_table_elt_t *h;

    len = ngx_strlen(name);

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == len
                && ngx_strncmp(h[i].lowcase_key, name, len) == 0) {
                *value = h[i].value;
                return 1;
            }
        }
    }

    return 0;
}


/* `field` is the header */

static ngx_int_t
ngx_http_sluice_tus_bad(ngx_http_request_t *r, sluice_status_t status,
                        const char *header)
{
    return ngx_http_sluice_problem(r, status, NULL, header);
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


/* NGX_DECLINED when there is nothing to refuse, else the answer: so here and
   below */

static ngx_int_t
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

    if (ngx_http_sluice_tus_header(r, "upload-metadata", &tus->metadata)
        && tus_metadata_check((char *) tus->metadata.data, tus->metadata.len)
               != 0) {
        return ngx_http_sluice_tus_bad(r, SLUICE_HEADER_INVALID,
                                       "Upload-Metadata");
    }

    rc = ngx_http_sluice_tus_read_value(tus, "filename", &tus->filename);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_sluice_tus_read_value(tus, "name", &tus->filename);
    }

    if (rc == NGX_DECLINED) {
        ngx_str_set(&tus->filename, NGX_HTTP_SLUICE_TUS_UNNAMED);
        rc = NGX_OK;
    }

    if (rc != NGX_OK || ngx_http_sluice_filename(&tus->filename) != NGX_OK) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "A file name is 1 to 255 bytes of UTF-8 "
                                       "without control characters.",
                                       "filename");
    }

    if (ngx_http_sluice_tus_read_value(tus, "title", &tus->title) == NGX_ERROR
        || ngx_http_sluice_title(&tus->title) != NGX_OK) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "A title is at most 500 characters of "
                                       "UTF-8 without control characters.",
                                       "title");
    }

    return NGX_DECLINED;
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


static ngx_int_t
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


static ngx_uint_t
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


/* an upload that is there: the record, its lock, what is to be done */

static ngx_int_t
ngx_http_sluice_tus_open(ngx_http_sluice_tus_t *tus)
{
    json_t *args;

    if (!tus->again) {
        tus->request->main->count++;
    }

    args = json_pack("{s:s}", "id", tus->id);

    if (tus->given >= 0) {
        (void) json_object_set_new(args, "length",
                                   json_integer((json_int_t) tus->given));
    }

    ngx_http_sluice_tus_query(tus, &ngx_http_sluice_open_upload, args,
                              ngx_http_sluice_tus_opened);

    return NGX_DONE;
}


static void
ngx_http_sluice_tus_opened(ngx_http_request_t *r, void *data,
                           const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_int_t rc;
    ngx_http_sluice_tus_t *tus = data;

    body = ngx_http_sluice_tus_body(tus, result);
    if (body == NULL) {
        return;
    }

    rc = ngx_http_sluice_tus_take(tus, body);
    json_decref(body);

    if (rc != NGX_OK) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    if (tus->done) {
        if (tus->goal == NGX_HTTP_SLUICE_TUS_PATCH
            && (tus->offset != tus->length
                || ngx_http_sluice_tus_has_body(r))) {
            ngx_http_sluice_tus_refuse(tus, SLUICE_CONFLICT,
                                       "The upload is done.");
            return;
        }

        if (tus->goal == NGX_HTTP_SLUICE_TUS_DELETE) {
            ngx_http_sluice_tus_delete(tus);
            return;
        }

        ngx_http_sluice_tus_answer(tus);
        return;
    }

    if (tus->spool == NULL) {
        tus->spool = ngx_sluice_spool_create(r->pool, &tus->conf->spool,
                                             tus->id);
    }

    if (tus->spool == NULL) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    ngx_http_sluice_tus_lock(tus, tus->spool, ngx_http_sluice_tus_locked);
}


/* A file that is not there may have become a media file since the record was
   read; else it is lost, and the client has to begin anew. */

static void
ngx_http_sluice_tus_locked(ngx_http_sluice_tus_t *tus)
{
    if (tus->goal == NGX_HTTP_SLUICE_TUS_DELETE) {
        ngx_http_sluice_tus_delete(tus);
        return;
    }

    if (tus->error == NGX_ENOENT && !tus->again) {
        tus->again = 1;
        (void) ngx_http_sluice_tus_open(tus);
        return;
    }

    if (tus->error) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_NOT_FOUND,
                                   "The upload's file is gone.");
        return;
    }

    if (tus->goal == NGX_HTTP_SLUICE_TUS_HEAD) {
        ngx_http_sluice_tus_finish(tus);
        return;
    }

    if (tus->offset != tus->spool->size) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_CONFLICT,
                                   "The upload is at another offset.");
        return;
    }

    ngx_http_sluice_tus_append(tus);
}


/* The row first: what is left of the files then is nobody's. */

static void
ngx_http_sluice_tus_delete(ngx_http_sluice_tus_t *tus)
{
    ngx_http_sluice_tus_query(tus, &ngx_http_sluice_delete_upload,
                              json_pack("{s:s}", "id", tus->id),
                              ngx_http_sluice_tus_deleted);
}


static void
ngx_http_sluice_tus_deleted(ngx_http_request_t *r, void *data,
                            const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_http_sluice_tus_t *tus = data;

    body = ngx_http_sluice_tus_body(tus, result);
    if (body == NULL) {
        return;
    }

    tus->was_open = json_is_true(json_object_get(body, "open")) ? 1 : 0;
    json_decref(body);

    if (tus->was_open && tus->spool) {
        ngx_http_sluice_tus_thread(tus, ngx_http_sluice_tus_remove,
                                   ngx_http_sluice_tus_removed);
        return;
    }

    ngx_http_sluice_tus_answer(tus);
}


/* in a thread */

static void
ngx_http_sluice_tus_remove(void *data, ngx_log_t *log)
{
    ngx_http_sluice_tus_t *tus = data;

    ngx_sluice_spool_remove(tus->spool, tus->was_open);
    ngx_sluice_spool_close(tus->spool);
}


static void
ngx_http_sluice_tus_removed(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    ngx_http_sluice_tus_answer(tus);
}


/* a new one: the file, then the row. In a thread: */

static void
ngx_http_sluice_tus_make(void *data, ngx_log_t *log)
{
    ngx_http_sluice_tus_t *tus = data;

    tus->error = ngx_sluice_spool_room(tus->spool, ngx_max(tus->length, 0),
                                       tus->conf->keep_free);

    if (tus->error == 0) {
        tus->error = ngx_sluice_spool_begin(tus->spool);
    }

    if (tus->error && tus->error != NGX_ENOSPC) {
        ngx_log_error(NGX_LOG_CRIT, log, tus->error, "making \"%s\" failed",
                      tus->spool->part);
    }
}


static void
ngx_http_sluice_tus_made(ngx_http_request_t *r, void *data)
{
    json_t *args;
    ngx_http_sluice_tus_t *tus = data;

    if (tus->error) {
        ngx_http_sluice_tus_refuse(
            tus, ngx_http_sluice_spool_status(tus->error), NULL);
        return;
    }

    args = json_pack("{s:s, s:s%, s:s%, s:s%, s:b}", "id", tus->id, "metadata",
                     tus->metadata.len ? (char *) tus->metadata.data : "",
                     tus->metadata.len, "filename", tus->filename.data,
                     tus->filename.len, "title",
                     tus->title.len ? (char *) tus->title.data : "",
                     tus->title.len, "partial", (int) tus->partial);

    if (tus->length >= 0) {
        (void) json_object_set_new(args, "length",
                                   json_integer((json_int_t) tus->length));
    }

    ngx_http_sluice_tus_query(tus, &ngx_http_sluice_create_upload, args,
                              ngx_http_sluice_tus_created);
}


static void
ngx_http_sluice_tus_created(ngx_http_request_t *r, void *data,
                            const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_http_sluice_tus_t *tus = data;

    /* a row whose fate is not known has its file until it expires */

    if (result->status != SLUICE_DATABASE_AWAY || !result->sent) {
        tus->spool->resumable = 0;
    }

    body = ngx_http_sluice_tus_body(tus, result);
    if (body == NULL) {
        return;
    }

    tus->spool->resumable = 1;

    ngx_http_sluice_tus_expired(tus, json_object_get(body, "expired"));

    if (ngx_http_sluice_tus_take(tus, body) != NGX_OK
        || ngx_http_sluice_location(r, NGX_HTTP_SLUICE_TUS_PATH "/", tus->id)
               != NGX_OK) {
        json_decref(body);
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    json_decref(body);

    ngx_memcpy(tus->lock.id, tus->id, UUID_TEXT_SIZE);
    tus->wanted = tus->spool;

    ngx_http_sluice_tus_forget(tus, ngx_http_sluice_tus_filled);
}


static void
ngx_http_sluice_tus_expired(ngx_http_sluice_tus_t *tus, json_t *list)
{
    size_t i;
    json_t *item;
    const char *id;

    tus->gone = tus->expired;

    json_array_foreach(list, i, item)
    {
        id = json_string_value(item);

        if (id && uuid_valid(id, ngx_strlen(id))
            && tus->ngone < NGX_HTTP_SLUICE_TUS_EXPIRED_MAX) {
            ngx_memcpy(tus->gone[tus->ngone++], id, UUID_TEXT_SIZE);
        }
    }
}


static void
ngx_http_sluice_tus_filled(ngx_http_sluice_tus_t *tus)
{
    if (tus->offset == 0) {
        ngx_http_sluice_tus_append(tus);
        return;
    }

    ngx_http_sluice_tus_finish(tus);
}


/* what the files share */

void
ngx_http_sluice_tus_thread(ngx_http_sluice_tus_t *tus,
                           void (*work)(void *data, ngx_log_t *log),
                           ngx_http_sluice_step_pt step)
{
    ngx_http_sluice_thread_wait(tus->request, &tus->turn, work, step, tus);
}


void
ngx_http_sluice_tus_query(ngx_http_sluice_tus_t *tus,
                          const ngx_sluice_pg_statement_t *call, json_t *args,
                          ngx_http_sluice_row_pt handler)
{
    ngx_http_sluice_finish(
        tus->request,
        ngx_http_sluice_api_submit(tus->request, call, args, handler, tus));
}


json_t *
ngx_http_sluice_tus_body(ngx_http_sluice_tus_t *tus,
                         const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_str_t status, text;

    if (result->status == SLUICE_OK
        && ngx_sluice_pg_value(result, 0, 0, &status) == NGX_OK
        && ngx_sluice_pg_value(result, 0, 1, &text) == NGX_OK
        && ngx_atoi(status.data, status.len) < NGX_HTTP_SPECIAL_RESPONSE) {

        body = json_loadb((char *) text.data, text.len, 0, NULL);

        if (body) {
            return body;
        }
    }

    ngx_http_sluice_tus_unlock(tus);
    ngx_http_sluice_finish(tus->request,
                           ngx_http_sluice_api_answer(tus->request, result, 0));

    return NULL;
}


ngx_int_t
ngx_http_sluice_tus_take(ngx_http_sluice_tus_t *tus, json_t *body)
{
    size_t i;
    json_t *value;
    const char *text;

    const struct {
        const char *name;
        ngx_str_t *to;
    } texts[] = { { "metadata", &tus->metadata },
                  { "filename", &tus->filename },
                  { "title", &tus->title } };

    value = json_object_get(body, "length");
    tus->length = json_is_integer(value) ? (off_t) json_integer_value(value)
                                         : -1;

    value = json_object_get(body, "room");
    tus->room = json_is_integer(value) ? (off_t) json_integer_value(value) : -1;

    tus->expires = (time_t) json_integer_value(
        json_object_get(body, "expires"));
    tus->partial = json_is_true(json_object_get(body, "partial")) ? 1 : 0;
    tus->done = json_is_true(json_object_get(body, "done")) ? 1 : 0;

    text = json_string_value(json_object_get(body, "media"));

    if (text && uuid_valid(text, ngx_strlen(text))) {
        ngx_memcpy(tus->media, text, UUID_TEXT_SIZE);
    }

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        value = json_object_get(body, texts[i].name);

        texts[i].to->len = json_string_length(value);
        texts[i].to->data = ngx_pnalloc(tus->request->pool,
                                        texts[i].to->len + 1);
        if (texts[i].to->data == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(texts[i].to->data,
                   json_is_string(value) ? json_string_value(value) : "",
                   texts[i].to->len);
    }

    return NGX_OK;
}


/* the answers */

static ngx_int_t
ngx_http_sluice_tus_say(ngx_http_request_t *r, const char *name,
                        const char *value)
{
    ngx_str_t text;

    text.data = (u_char *) value;
    text.len = ngx_strlen(value);

    return ngx_http_sluice_header(r, name, &text);
}


static ngx_int_t
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
ngx_http_sluice_tus_answer(ngx_http_sluice_tus_t *tus)
{
    ngx_uint_t status;
    ngx_str_t body = ngx_null_string;

    if (tus->goal != NGX_HTTP_SLUICE_TUS_DELETE
        && ngx_http_sluice_tus_headers(tus) != NGX_OK) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    ngx_http_sluice_tus_unlock(tus);

    status = tus->goal == NGX_HTTP_SLUICE_TUS_CREATE ? NGX_HTTP_CREATED
             : tus->goal == NGX_HTTP_SLUICE_TUS_HEAD ? NGX_HTTP_OK
                                                     : NGX_HTTP_NO_CONTENT;

    ngx_http_sluice_finish(tus->request,
                           ngx_http_sluice_json(tus->request, status, &body));
}


static ngx_int_t
ngx_http_sluice_tus_headers(ngx_http_sluice_tus_t *tus)
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

    if (tus->goal != NGX_HTTP_SLUICE_TUS_HEAD) {
        return NGX_OK;
    }

    if ((tus->length >= 0
             ? ngx_http_sluice_tus_say_size(r, "Upload-Length", tus->length)
             : ngx_http_sluice_tus_say(r, "Upload-Defer-Length", "1"))
            != NGX_OK
        || (tus->partial
            && ngx_http_sluice_tus_say(r, "Upload-Concat", "partial")
                   != NGX_OK)) {
        return NGX_ERROR;
    }

    return tus->metadata.len
               ? ngx_http_sluice_header(r, "Upload-Metadata", &tus->metadata)
               : NGX_OK;
}
