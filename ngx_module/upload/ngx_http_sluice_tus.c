/* Uploads that can be taken up again: tus 1.0.0 (https://tus.io). A new one,
   the end of one, and what a client may ask before; the rest of its life is in
   ngx_http_sluice_tus_upload.c. */

#include "ngx_http_sluice_hold.h"
#include "ngx_http_sluice_ingest.h"
#include "ngx_http_sluice_parts.h"
#include "ngx_http_sluice_reserve.h"
#include "ngx_http_sluice_tus_append.h"
#include "ngx_http_sluice_tus_concat.h"
#include "ngx_http_sluice_tus_headers.h"
#include "ngx_http_sluice_tus_internal.h"
#include "ngx_http_sluice_tus_record.h"
#include "ngx_http_sluice_tus_upload.h"
#include "ngx_http_sluice_upload.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_once.h"
#include "ngx_module/http/ngx_http_sluice_request.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"
#include "core/base/tus.h"

#include <jansson.h>


/* each step in its order */

static void ngx_http_sluice_tus_held(ngx_http_request_t *r, void *data,
                                     const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_tus_begun_before(ngx_http_sluice_tus_t *tus);
static void ngx_http_sluice_tus_reserved(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_created(ngx_http_request_t *r, void *data,
                                        const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_tus_delete(ngx_http_sluice_tus_t *tus);
static void ngx_http_sluice_tus_deleted(ngx_http_request_t *r, void *data,
                                        const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_tus_removed(ngx_http_request_t *r, void *data);


static ngx_sluice_pg_statement_t ngx_http_sluice_keep_upload = {
    "keep_upload",
    "select status, body from api.keep_upload($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_FINISH
};

static ngx_sluice_pg_statement_t ngx_http_sluice_delete_upload = {
    "delete_upload",
    "select status, body from api.delete_upload($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_FINISH
};


/* POST: the row, then the file, and then it is kept for whoever comes back;
   what the body brings goes into the file */

static json_t *
ngx_http_sluice_tus_args(ngx_http_sluice_tus_t *tus)
{
    off_t size = tus->offset < 0 ? 0
                                 : tus->request->headers_in.content_length_n;
    json_t *args;
    ngx_http_sluice_label_t *label = &tus->ingest.label;

    args = json_pack("{s:s, s:s%, s:s%, s:s%, s:b}", "id", tus->id, "metadata",
                     tus->metadata.len ? (char *) tus->metadata.data : "",
                     tus->metadata.len, "filename", label->filename.data,
                     label->filename.len, "title",
                     label->title.len ? (char *) label->title.data : "",
                     label->title.len, "partial", (int) tus->partial);

    if (tus->length >= 0) {
        (void) json_object_set_new(args, "length",
                                   json_integer((json_int_t) tus->length));

    } else if (size >= 0) {
        (void) json_object_set_new(args, "bytes",
                                   json_integer((json_int_t) size));
    }

    if (tus->up.used) {
        (void) json_object_set_new(args, "node",
                                   json_string(tus->conf->place->node));
    }

    ngx_http_sluice_label_tell(label, args);
    ngx_http_sluice_once_add(&tus->ingest.once, args);

    return args;
}


ngx_int_t
ngx_http_sluice_tus_create_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_http_sluice_tus_t *tus;

    rc = ngx_http_sluice_tus_read(r, NGX_HTTP_SLUICE_TUS_CREATE, &tus);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_sluice_parts_check(r);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    tus->spool = ngx_sluice_spool_create(r->pool, tus->conf->place, tus->id);

    if (tus->spool == NULL
        || ngx_http_sluice_parts_init(r, &tus->up) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    tus->up.spool = tus->spool;
    tus->up.length = tus->length;

    r->main->count++;

    if (tus->parts.kind == TUS_FINAL) {
        ngx_http_sluice_tus_concat(tus);
        return NGX_DONE;
    }

    rc = ngx_http_sluice_hold(r, &tus->hold, tus->id,
                              ngx_http_sluice_tus_args(tus),
                              ngx_http_sluice_tus_held, tus);
    ngx_http_sluice_finish(r, rc);

    return NGX_DONE;
}


static void
ngx_http_sluice_tus_held(ngx_http_request_t *r, void *data,
                         const ngx_sluice_pg_result_t *result)
{
    off_t granted;
    json_t *body;
    const char *before;
    ngx_http_sluice_tus_t *tus = data;

    body = ngx_http_sluice_tus_hold_body(tus, result);
    if (body == NULL) {
        return;
    }

    before = json_string_value(
        json_object_get(json_object_get(body, "before"), "id"));

    if (before) {
        ngx_http_sluice_hold_end(&tus->hold);
        ngx_memcpy(tus->id, before, UUID_TEXT_SIZE);
        json_decref(body);

        tus->ingest.once.key[0] = '\0';
        tus->spool = NULL;
        tus->opened = ngx_http_sluice_tus_begun_before;
        ngx_http_sluice_tus_ask(tus);
        return;
    }

    granted = (off_t) json_integer_value(json_object_get(body, "granted"));
    json_decref(body);

    tus->grow.granted = granted;

    tus->reserve.conf = tus->conf;
    tus->reserve.spool = tus->spool;
    tus->reserve.least = tus->length >= 0 ? tus->length : 1;
    tus->reserve.length = ngx_max(granted, tus->reserve.least);

    if (tus->up.used) {
        tus->reserve.least = ngx_min(tus->reserve.least,
                                     ngx_http_sluice_parts_room(&tus->up));
        tus->reserve.length = ngx_min(tus->reserve.length,
                                      ngx_http_sluice_parts_room(&tus->up));
    }

    tus->reserve.done = ngx_http_sluice_tus_reserved;
    tus->reserve.data = tus;

    ngx_http_sluice_reserve(r, &tus->reserve);
}


/* A creation with the key of an earlier one: that upload, as it is now. What
   this request brings of it stays unread. */

static void
ngx_http_sluice_tus_begun_before(ngx_http_sluice_tus_t *tus)
{
    if (ngx_http_sluice_tus_missing(tus)) {
        return;
    }

    if (ngx_http_sluice_location(tus->request, NGX_HTTP_SLUICE_TUS_PATH "/",
                                 tus->id)
        != NGX_OK) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    if (tus->done) {
        ngx_http_sluice_tus_answer(tus);
        return;
    }

    ngx_http_sluice_tus_finish(tus);
}


static void
ngx_http_sluice_tus_reserved(ngx_http_request_t *r, void *data)
{
    json_t *args;
    ngx_http_sluice_tus_t *tus = data;

    if (tus->reserve.error) {
        ngx_http_sluice_tus_fail(tus, tus->reserve.error);
        return;
    }

    /* until it is kept, it goes with the request: row and file */
    tus->spool->resumable = 0;

    args = json_pack("{s:s}", "id", tus->id);
    ngx_http_sluice_once_add(&tus->ingest.once, args);

    ngx_http_sluice_tus_call(tus, &ngx_http_sluice_keep_upload, args,
                             ngx_http_sluice_tus_created);
}


static void
ngx_http_sluice_tus_created(ngx_http_request_t *r, void *data,
                            const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_http_sluice_tus_t *tus = data;

    /* a row whose fate is not known has its file until it expires, and the
       answer of its key, too */

    if (result->status == SLUICE_DATABASE_AWAY && result->sent) {
        tus->spool->resumable = 1;
        ngx_http_sluice_hold_end(&tus->hold);
    }

    body = ngx_http_sluice_tus_body(tus, result);
    if (body == NULL) {
        return;
    }

    tus->spool->resumable = 1;
    tus->ingest.once.key[0] = '\0'; /* what comes of it is not its answer */
    ngx_http_sluice_hold_end(&tus->hold);

    if (ngx_http_sluice_tus_take(tus, body) != NGX_OK
        || ngx_http_sluice_location(r, NGX_HTTP_SLUICE_TUS_PATH "/", tus->id)
               != NGX_OK) {
        json_decref(body);
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    json_decref(body);

    ngx_http_sluice_tus_hold(tus);

    if (tus->stored) {
        ngx_http_sluice_parts_first_turn(&tus->up);
    }

    if (tus->offset == 0) {
        ngx_http_sluice_tus_append(tus);
        return;
    }

    ngx_http_sluice_tus_finish(tus);
}


/* DELETE */

ngx_int_t
ngx_http_sluice_tus_delete_handler(ngx_http_request_t *r)
{
    return ngx_http_sluice_tus_open(r, NGX_HTTP_SLUICE_TUS_DELETE,
                                    ngx_http_sluice_tus_delete);
}


/* The row first: what is left of the files then is nobody's. */

static void
ngx_http_sluice_tus_delete(ngx_http_sluice_tus_t *tus)
{
    ngx_http_sluice_tus_call(tus, &ngx_http_sluice_delete_upload,
                             json_pack("{s:s}", "id", tus->id),
                             ngx_http_sluice_tus_deleted);
}


/* in a thread */

static void
ngx_http_sluice_tus_remove(void *data, ngx_log_t *log)
{
    ngx_http_sluice_tus_t *tus = data;

    ngx_sluice_spool_remove(tus->spool, 1);
    ngx_sluice_spool_close(tus->spool);
}


static void
ngx_http_sluice_tus_deleted(ngx_http_request_t *r, void *data,
                            const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_uint_t open;
    ngx_http_sluice_tus_t *tus = data;

    body = ngx_http_sluice_tus_body(tus, result);
    if (body == NULL) {
        return;
    }

    open = json_is_true(json_object_get(body, "open"));
    json_decref(body);

    if (open && tus->stored) {
        ngx_http_sluice_parts_discard(tus->id, tus->up.multipart);
    }

    if (open && tus->spool) {
        (void) ngx_http_sluice_thread_wait(r, ngx_http_sluice_tus_remove,
                                           ngx_http_sluice_tus_removed, tus);
        return;
    }

    ngx_http_sluice_tus_answer(tus);
}


static void
ngx_http_sluice_tus_removed(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    ngx_http_sluice_tus_answer(tus);
}


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

    static const ngx_str_t name = ngx_string("x-http-method-override");

    if (ngx_http_sluice_request_header(r, &name, &method)) {

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
