/*
 * The final upload of tus's concatenation: parts that are whole are read once,
 * in their order, into a new file; the hash goes over all of it. Those that are
 * in a bucket become one there. Its row is held until it is a media file, and
 * then the parts are done, too: in between nothing has to be taken up again.
 */

#include "ngx_http_sluice_hold.h"
#include "ngx_http_sluice_ingest.h"
#include "ngx_http_sluice_parts.h"
#include "ngx_http_sluice_reserve.h"
#include "ngx_http_sluice_tus_append.h"
#include "ngx_http_sluice_tus_concat.h"
#include "ngx_http_sluice_tus_headers.h"
#include "ngx_http_sluice_tus_internal.h"
#include "ngx_http_sluice_tus_join.h"
#include "ngx_http_sluice_tus_record.h"
#include "ngx_http_sluice_upload_lock.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"

#include <jansson.h>


/* each step in its order */

static void ngx_http_sluice_tus_found(ngx_http_request_t *r, void *data,
                                      const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_tus_concat_reserved(ngx_http_request_t *r,
                                                void *data);
static void ngx_http_sluice_tus_part(ngx_http_sluice_tus_t *tus);
static void ngx_http_sluice_tus_part_locked(ngx_http_sluice_tus_t *tus);
static void ngx_http_sluice_tus_part_copied(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_concat_recorded(ngx_http_sluice_tus_t *tus);
static void ngx_http_sluice_tus_parts_forgotten(ngx_http_request_t *r,
                                                void *data);


static json_t *
ngx_http_sluice_tus_part_ids(ngx_http_sluice_tus_t *tus)
{
    unsigned i;
    json_t *ids;

    ids = json_array();

    for (i = 0; i < tus->parts.count; i++) {
        (void) json_array_append_new(ids, json_string(tus->parts.ids[i]));
    }

    return ids;
}


void
ngx_http_sluice_tus_concat(ngx_http_sluice_tus_t *tus)
{
    json_t *args;
    ngx_int_t rc;
    ngx_http_sluice_label_t *label = &tus->ingest.label;

    args = json_pack("{s:s, s:o, s:s%, s:s%}", "id", tus->id, "parts",
                     ngx_http_sluice_tus_part_ids(tus), "metadata",
                     tus->metadata.len ? (char *) tus->metadata.data : "",
                     tus->metadata.len, "filename", label->filename.data,
                     label->filename.len);

    if (tus->up.used) {
        (void) json_object_set_new(args, "node",
                                   json_string(tus->conf->place->node));
    }

    ngx_http_sluice_label_tell(label, args);
    ngx_http_sluice_once_add(&tus->ingest.once, args);

    tus->spool->resumable = 0;

    rc = ngx_http_sluice_hold(tus->request, &tus->hold, tus->id, args,
                              ngx_http_sluice_tus_found, tus);
    ngx_http_sluice_finish(tus->request, rc);
}


static void
ngx_http_sluice_tus_concat_begin(ngx_http_sluice_tus_t *tus, json_t *body)
{
    size_t i;
    json_t *lengths;

    lengths = json_object_get(body, "lengths");
    tus->length = (off_t) json_integer_value(json_object_get(body, "length"));
    tus->expires = (time_t) json_integer_value(
        json_object_get(body, "expires"));
    tus->stored = tus->up.used;
    tus->up.length = tus->length;

    for (i = 0; i < tus->parts.count; i++) {
        tus->part_lengths[i] = (off_t) json_integer_value(
            json_array_get(lengths, i));
    }

    if (tus->conf->max_size && tus->length > tus->conf->max_size) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_TOO_LARGE, NULL);
        return;
    }

    tus->joins = json_is_true(json_object_get(body, "in_bucket")) ? 1 : 0;

    if (tus->joins && !tus->up.used) {
        ngx_log_error(NGX_LOG_ERR, tus->request->connection->log, 0,
                      "upload %s is of parts in a bucket, and \"sluice_store\" "
                      "names none here",
                      tus->id);
        ngx_http_sluice_tus_refuse(tus, SLUICE_STORE_AWAY, NULL);
        return;
    }

    if (tus->joins
        && ngx_http_sluice_parts_digest(body, tus->part_lengths[0],
                                        &tus->spool->sha256)
               != NGX_OK) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    tus->reserve.conf = tus->conf;
    tus->reserve.spool = tus->spool;
    tus->reserve.least = tus->joins ? ngx_http_sluice_tus_join_room()
                                    : tus->length;
    tus->reserve.length = tus->reserve.least;
    tus->reserve.done = ngx_http_sluice_tus_concat_reserved;
    tus->reserve.data = tus;

    ngx_http_sluice_reserve(tus->request, &tus->reserve);
}


static void
ngx_http_sluice_tus_found(ngx_http_request_t *r, void *data,
                          const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    const char *id;
    ngx_http_sluice_tus_t *tus = data;

    body = ngx_http_sluice_tus_hold_body(tus, result);
    if (body == NULL) {
        return;
    }

    if (!json_is_true(json_object_get(body, "done"))) {
        ngx_http_sluice_tus_concat_begin(tus, body);
        json_decref(body);
        return;
    }

    /* it was done before, and the answer was lost */

    ngx_http_sluice_hold_end(&tus->hold);

    id = json_string_value(json_object_get(body, "id"));

    if (id == NULL || ngx_http_sluice_tus_take(tus, body) != NGX_OK
        || ngx_http_sluice_location(r, NGX_HTTP_SLUICE_TUS_PATH "/", id)
               != NGX_OK) {
        json_decref(body);
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    json_decref(body);
    ngx_http_sluice_tus_answer(tus);
}


static void
ngx_http_sluice_tus_concat_finish(ngx_http_sluice_tus_t *tus)
{
    if (ngx_http_sluice_location(tus->request, NGX_HTTP_SLUICE_TUS_PATH "/",
                                 tus->id)
        != NGX_OK) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    tus->recorded = ngx_http_sluice_tus_concat_recorded;
    tus->ingest.more = json_pack(
        "{s:s, s:s%, s:o}", "upload", tus->id, "metadata",
        tus->metadata.len ? (char *) tus->metadata.data : "", tus->metadata.len,
        "parts", ngx_http_sluice_tus_part_ids(tus));

    if (tus->joins && tus->length > 0) {
        ngx_http_sluice_tus_stored(tus);

    } else {
        ngx_http_sluice_tus_finish(tus);
    }
}


static void
ngx_http_sluice_tus_concat_reserved(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    if (tus->reserve.error) {
        ngx_http_sluice_tus_fail(tus, tus->reserve.error);

    } else if (tus->joins && tus->length > 0) {
        ngx_http_sluice_tus_join(tus, ngx_http_sluice_tus_concat_finish);

    } else if (tus->joins) {
        ngx_http_sluice_tus_concat_finish(tus);

    } else {
        ngx_http_sluice_tus_part(tus);
    }
}


/* the next one, or the end */

static void
ngx_http_sluice_tus_part(ngx_http_sluice_tus_t *tus)
{
    if (tus->part_number == tus->parts.count) {
        ngx_http_sluice_tus_concat_finish(tus);
        return;
    }

    tus->part = ngx_sluice_spool_create(tus->request->pool, tus->conf->place,
                                        tus->parts.ids[tus->part_number]);
    if (tus->part == NULL) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    tus->part_offset = 0;
    ngx_http_sluice_tus_lock(tus, tus->part, ngx_http_sluice_tus_part_locked);
}


static void
ngx_http_sluice_tus_part_copy(void *data, ngx_log_t *log)
{
    ngx_http_sluice_tus_t *tus = data;

    tus->error = ngx_sluice_spool_join(tus->spool, tus->part,
                                       &tus->part_offset);
}


static void
ngx_http_sluice_tus_part_locked(ngx_http_sluice_tus_t *tus)
{
    if (tus->lock.error) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_NOT_FOUND,
                                   "A part's file is gone.");
        return;
    }

    if (tus->part->size != tus->part_lengths[tus->part_number]) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_CONFLICT,
                                   "A part is not whole.");
        return;
    }

    (void) ngx_http_sluice_thread_wait(tus->request,
                                       ngx_http_sluice_tus_part_copy,
                                       ngx_http_sluice_tus_part_copied, tus);
}


static void
ngx_http_sluice_tus_part_copied(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    if (tus->error == NGX_EAGAIN) {
        (void) ngx_http_sluice_thread_wait(
            tus->request, ngx_http_sluice_tus_part_copy,
            ngx_http_sluice_tus_part_copied, tus);
        return;
    }

    if (tus->error) {
        ngx_http_sluice_tus_fail(tus, tus->error);
        return;
    }

    ngx_http_sluice_upload_unlock(&tus->lock);
    tus->part_number++;
    ngx_http_sluice_tus_part(tus);
}


/* What the parts' files hold is in the whole one. In a thread. */

static void
ngx_http_sluice_tus_parts_forget(void *data, ngx_log_t *log)
{
    ngx_uint_t i;
    ngx_http_sluice_tus_t *tus = data;

    for (i = 0; i < tus->parts.count; i++) {
        ngx_sluice_spool_forget(&tus->conf->place->folder, tus->parts.ids[i]);
    }
}


static void
ngx_http_sluice_tus_concat_recorded(ngx_http_sluice_tus_t *tus)
{
    ngx_uint_t i;

    for (i = 0; tus->joins && i < tus->parts.count; i++) {
        ngx_http_sluice_parts_discard(tus->parts.ids[i], "");
    }

    (void) ngx_http_sluice_thread_wait(
        tus->request, ngx_http_sluice_tus_parts_forget,
        ngx_http_sluice_tus_parts_forgotten, tus);
}


static void
ngx_http_sluice_tus_parts_forgotten(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_answer(data);
}
