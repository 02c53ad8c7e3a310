/*
 * Uploads that can be taken up again: tus 1.0.0 (https://tus.io). What is done
 * for each method: the record is asked, the file's lock is taken, and bytes are
 * written (ngx_http_sluice_tus_file.c).
 */

#include "ngx_http_sluice_tus.h"
#include "ngx_http_sluice_upload.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"
#include "core/base/tus.h"
#include "core/base/uuid.h"

#include <jansson.h>


static ngx_int_t ngx_http_sluice_tus_open(ngx_http_sluice_tus_t *tus);
static void ngx_http_sluice_tus_opened(ngx_http_request_t *r, void *data,
                                       const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_tus_locked(ngx_http_sluice_tus_t *tus);
static void ngx_http_sluice_tus_delete(ngx_http_sluice_tus_t *tus);
static void ngx_http_sluice_tus_deleted(ngx_http_request_t *r, void *data,
                                        const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_tus_remove(void *data, ngx_log_t *log);
static void ngx_http_sluice_tus_removed(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_reserved(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_created(ngx_http_request_t *r, void *data,
                                        const ngx_sluice_pg_result_t *result);


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

    ngx_http_sluice_tus_reserve(tus, ngx_http_sluice_tus_reserved);

    return NGX_DONE;
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

    if (rc != NGX_OK || ngx_http_sluice_tus_read_score(tus) != NGX_OK) {
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


/* a new one: the file, then the row */

static void
ngx_http_sluice_tus_reserved(ngx_http_request_t *r, void *data)
{
    json_t *args;
    ngx_http_sluice_tus_t *tus = data;
    ngx_http_sluice_label_t *label = &tus->ingest.label;

    if (tus->reserve.error) {
        ngx_http_sluice_tus_refuse(
            tus, ngx_sluice_spool_status(tus->reserve.error), NULL);
        return;
    }

    args = json_pack("{s:s, s:s%, s:s%, s:s%, s:b}", "id", tus->id, "metadata",
                     tus->metadata.len ? (char *) tus->metadata.data : "",
                     tus->metadata.len, "filename", label->filename.data,
                     label->filename.len, "title",
                     label->title.len ? (char *) label->title.data : "",
                     label->title.len, "partial", (int) tus->partial);

    if (tus->length >= 0) {
        (void) json_object_set_new(args, "length",
                                   json_integer((json_int_t) tus->length));
    }

    ngx_http_sluice_label_score(label, args);
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

    if (tus->offset == 0) {
        ngx_http_sluice_tus_append(tus);
        return;
    }

    ngx_http_sluice_tus_finish(tus);
}
