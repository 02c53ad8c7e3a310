/*
 * Plain uploads: POST /api/media?filename=… with the file as body, and PUT
 * /media/drop/<name> with a signed link. The record has its row before the
 * spool has its file, and the body is written as it comes. Then, in this order:
 * durable file, one transaction with the media row and its first job, a word to
 * Redis, the answer. What can be taken up again is tus's.
 */

#include "ngx_http_sluice_grow.h"
#include "ngx_http_sluice_hold.h"
#include "ngx_http_sluice_ingest.h"
#include "ngx_http_sluice_parts.h"
#include "ngx_http_sluice_receive.h"
#include "ngx_http_sluice_reserve.h"
#include "ngx_http_sluice_upload.h"
#include "ngx_http_sluice_upload_conf.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_once.h"
#include "ngx_module/http/ngx_http_sluice_request.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/links/ngx_http_sluice_reply.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"
#include "core/base/uuid.h"
#include "core/grant/access.h"

#include <jansson.h>


typedef struct {
    ngx_http_sluice_hold_t hold;
    ngx_http_sluice_grow_t grow;
    ngx_http_sluice_reserve_t reserve;
    ngx_http_sluice_receive_t receive;
    ngx_http_sluice_parts_t parts;
    ngx_http_sluice_ingest_t ingest;
    ngx_err_t error;
} ngx_http_sluice_upload_t;


/* each step in its order */

static void
ngx_http_sluice_upload_allowed(ngx_http_request_t *r, void *data,
                               const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_upload_reserved(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_upload_received(ngx_http_request_t *r, void *data,
                                            ngx_int_t rc);
static void ngx_http_sluice_upload_committed(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_upload_stored(ngx_http_request_t *r, void *data);
static void
ngx_http_sluice_upload_recorded(ngx_http_request_t *r,
                                ngx_http_sluice_ingest_t *ingest,
                                const ngx_sluice_pg_result_t *result);


static ngx_http_sluice_upload_t *
ngx_http_sluice_upload_create(ngx_http_request_t *r)
{
    ngx_http_sluice_upload_t *upload;

    upload = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_upload_t));

    if (upload) {
        upload->ingest.done = ngx_http_sluice_upload_recorded;
        upload->ingest.data = upload;
        upload->receive.done = ngx_http_sluice_upload_received;
        upload->receive.data = upload;
    }

    return upload;
}


static void
ngx_http_sluice_upload_failed(ngx_http_request_t *r, ngx_err_t err)
{
    ngx_http_sluice_finish(r, ngx_http_sluice_problem(
                                  r, ngx_sluice_spool_status(err), NULL, NULL));
}


/* NGX_DECLINED when there is nothing to refuse, else the answer */

static ngx_int_t
ngx_http_sluice_upload_label(ngx_http_request_t *r,
                             ngx_http_sluice_label_t *label)
{
    ngx_int_t rc;
    ngx_uint_t i;

    rc = ngx_http_sluice_request_arg(r, "filename", &label->filename);

    if (rc == NGX_ERROR) {
        return ngx_http_sluice_label_refuse(r, "filename");
    }

    if (label->filename.len == 0) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "Name the file: ?filename=film.mp4",
                                       "filename");
    }

    if (ngx_http_sluice_request_arg(r, "title", &label->title) == NGX_ERROR) {
        return ngx_http_sluice_label_refuse(r, "title");
    }

    for (i = 0; i < NGX_HTTP_SLUICE_LABEL_ARGS; i++) {
        if (ngx_http_sluice_request_arg(r, ngx_http_sluice_label_args[i],
                                        &label->args[i])
            == NGX_ERROR) {
            return ngx_http_sluice_label_refuse(r,
                                                ngx_http_sluice_label_args[i]);
        }
    }

    return ngx_http_sluice_label_check(r, label);
}


/* before the body: what can be refused is refused now */

static ngx_int_t
ngx_http_sluice_upload_begin(ngx_http_request_t *r,
                             ngx_http_sluice_upload_t *upload)
{
    off_t length;
    json_t *args;
    ngx_int_t rc;
    ngx_str_t *filename = &upload->ingest.label.filename;
    ngx_http_sluice_upload_loc_conf_t *ulcf;

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_upload_module);

    if (ulcf->spool.len == 0) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "an upload, but no \"sluice_upload\" in this location");
        return ngx_http_sluice_problem(r, SLUICE_INTERNAL, NULL, NULL);
    }

    length = r->headers_in.content_length_n;

    if (length > ngx_http_sluice_receive_max(ulcf->max_size)) {
        return ngx_http_sluice_problem(r, SLUICE_TOO_LARGE, NULL, NULL);
    }

    rc = ngx_http_sluice_once(r, NULL, 0, &upload->ingest.once);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_sluice_parts_check(r);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    upload->receive.spool = ngx_sluice_spool_create(r->pool, ulcf->place, NULL);
    upload->ingest.spool = upload->receive.spool;

    if (upload->receive.spool == NULL
        || ngx_http_sluice_parts_init(r, &upload->parts) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->main->count++;

    args = json_pack("{s:s, s:s%}", "id", upload->receive.spool->id, "filename",
                     filename->data, filename->len);

    if (length >= 0) {
        (void) json_object_set_new(args, "bytes",
                                   json_integer((json_int_t) length));
    }

    if (upload->parts.used) {
        (void) json_object_set_new(args, "node",
                                   json_string(ulcf->place->node));
    }

    ngx_http_sluice_label_tell(&upload->ingest.label, args);
    ngx_http_sluice_once_add(&upload->ingest.once, args);

    rc = ngx_http_sluice_hold(r, &upload->hold, upload->receive.spool->id, args,
                              ngx_http_sluice_upload_allowed, upload);
    ngx_http_sluice_finish(r, rc);

    return NGX_DONE;
}


/* the two ways in */

ngx_int_t
ngx_http_sluice_upload_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_http_sluice_upload_t *upload;

    upload = ngx_http_sluice_upload_create(r);
    if (upload == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_sluice_upload_label(r, &upload->ingest.label);

    return rc == NGX_DECLINED ? ngx_http_sluice_upload_begin(r, upload) : rc;
}


/* PUT …/<name>: the grant's `sub` says whose it will be. A user who has signed
   in needs no grant where the gate lets him pass. */

ngx_int_t
ngx_http_sluice_upload_drop(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_http_sluice_gate_ctx_t *ctx;
    ngx_http_sluice_upload_t *upload;

    ctx = ngx_http_sluice_gate_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->access.role == ROLE_NONE) {

        if (!uuid_valid((char *) ctx->link_user.data, ctx->link_user.len)) {
            return ngx_http_sluice_problem(
                r,
                ctx->link_passed ? SLUICE_GRANT_INVALID
                                 : SLUICE_UNAUTHENTICATED,
                "The link names no user whose the file would be.", NULL);
        }

        ngx_memcpy(ctx->access.sub, ctx->link_user.data, UUID_TEXT_LEN);
        ctx->access.sub[UUID_TEXT_LEN] = '\0';
    }

    upload = ngx_http_sluice_upload_create(r);
    if (upload == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r->uri.data[r->uri.len - 1] == '/') {
        return ngx_http_sluice_problem(
            r, SLUICE_FIELD_INVALID, "Name the file in the path.", "filename");
    }

    upload->ingest.label.filename = r->uri;

    rc = ngx_http_sluice_label_check(r, &upload->ingest.label);

    return rc == NGX_DECLINED ? ngx_http_sluice_upload_begin(r, upload) : rc;
}


/* the steps */

/* What the disk here needs is what may wait for the bucket. */

static void
ngx_http_sluice_upload_to_bucket(ngx_http_sluice_upload_t *upload, off_t length)
{
    off_t room;
    ngx_http_sluice_parts_t *parts = &upload->parts;

    parts->spool = upload->receive.spool;
    parts->receive = &upload->receive;
    parts->grow = length < 0 ? &upload->grow : NULL;
    parts->length = length;

    room = ngx_http_sluice_parts_room(parts);
    upload->reserve.least = ngx_min(upload->reserve.least, room);
    upload->reserve.length = ngx_min(upload->reserve.length, room);
}


static void
ngx_http_sluice_upload_allowed(ngx_http_request_t *r, void *data,
                               const ngx_sluice_pg_result_t *result)
{
    off_t length = r->headers_in.content_length_n;
    json_t *body, *before;
    ngx_http_sluice_upload_t *upload = data;
    ngx_http_sluice_grow_t *grow = &upload->grow;
    ngx_http_sluice_upload_loc_conf_t *ulcf;

    grow->granted = ngx_http_sluice_grow_granted(grow, result);

    if (grow->refused != SLUICE_OK) {
        if (result->status == SLUICE_OK) {
            ngx_http_sluice_hold_end(&upload->hold);
        }

        ngx_http_sluice_finish(r, ngx_http_sluice_reply(r, result, 0));
        return;
    }

    body = ngx_http_sluice_call_body(result);
    ngx_http_sluice_hold_renew(&upload->hold, body);

    before = json_object_get(body, "before");

    if (before) {
        /* it was answered: is it the same? */
        upload->receive.spool->read_only = 1;
        upload->receive.max = (off_t) json_integer_value(
            json_object_get(before, "bytes"));
        json_decref(body);

        ngx_http_sluice_receive(r, &upload->receive);
        return;
    }

    json_decref(body);

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_upload_module);

    upload->receive.max = ngx_http_sluice_receive_max(ulcf->max_size);

    if (length < 0) {
        grow->receive = &upload->receive;
        upload->receive.more = ngx_http_sluice_grow_more;
        upload->receive.more_data = grow;
    }

    upload->reserve.conf = ulcf;
    upload->reserve.spool = upload->receive.spool;
    upload->reserve.least = length < 0 ? 1 : length;
    upload->reserve.length = length < 0 ? grow->granted : length;
    if (upload->parts.used) {
        ngx_http_sluice_upload_to_bucket(upload, length);
    }

    upload->reserve.done = ngx_http_sluice_upload_reserved;
    upload->reserve.data = upload;

    ngx_http_sluice_reserve(r, &upload->reserve);
}


static void
ngx_http_sluice_upload_reserved(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_upload_t *upload = data;

    if (upload->reserve.error) {
        ngx_http_sluice_upload_failed(r, upload->reserve.error);
        return;
    }

    upload->receive.granted = upload->receive.spool->reserved;

    if (upload->parts.used) {
        upload->parts.left = 1;
        ngx_http_sluice_parts_receive(&upload->parts);
    }

    ngx_http_sluice_receive(r, &upload->receive);
}


/* In a thread. A disk that is too full is no fault of ours. */

static void
ngx_http_sluice_upload_commit(void *data, ngx_log_t *log)
{
    ngx_http_sluice_upload_t *upload = data;

    upload->error = ngx_sluice_spool_commit(upload->receive.spool);

    if (upload->error
        && ngx_sluice_spool_status(upload->error) != SLUICE_NO_SPACE) {
        ngx_log_error(NGX_LOG_CRIT, log, upload->error, "writing \"%s\" failed",
                      upload->receive.spool->part);
    }
}


static void
ngx_http_sluice_upload_received(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_http_sluice_upload_t *upload = data;

    if (rc == NGX_OK && upload->parts.left) {
        ngx_http_sluice_parts_finish(&upload->parts,
                                     ngx_http_sluice_upload_stored, upload);
        return;
    }

    if (rc == NGX_OK) {
        (void) ngx_http_sluice_thread_wait(r, ngx_http_sluice_upload_commit,
                                           ngx_http_sluice_upload_committed,
                                           upload);
        return;
    }

    if (upload->parts.status != SLUICE_OK) {
        rc = ngx_http_sluice_problem(r, upload->parts.status, NULL, NULL);

    } else if (upload->grow.refused != SLUICE_OK) {
        rc = ngx_http_sluice_problem(r, upload->grow.refused, NULL, NULL);

    } else if (rc == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE) {
        rc = upload->receive.spool->read_only
                 ? ngx_http_sluice_problem(r, SLUICE_KEY_USED, NULL,
                                           "Idempotency-Key")
                 : ngx_http_sluice_problem(r, SLUICE_TOO_LARGE, NULL, NULL);

    } else if (upload->receive.error) {
        ngx_http_sluice_upload_failed(r, upload->receive.error);
        return;
    }

    ngx_http_sluice_finish(r, rc);
}


static void
ngx_http_sluice_upload_committed(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_upload_t *upload = data;

    if (upload->error) {
        ngx_http_sluice_upload_failed(r, upload->error);
        return;
    }

    ngx_http_sluice_finish(r, ngx_http_sluice_ingest(r, &upload->ingest));
}


/* From now on there may be a row that has it, whatever becomes of the client.
 */

static void
ngx_http_sluice_upload_stored(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_upload_t *upload = data;
    ngx_sluice_spool_t *spool = upload->receive.spool;

    if (upload->parts.status != SLUICE_OK) {
        ngx_http_sluice_finish(
            r, ngx_http_sluice_problem(r, upload->parts.status, NULL, NULL));
        return;
    }

    sha256_digest(&spool->sha256, spool->digest);
    spool->stored = 1;
    upload->parts.left = 0;

    ngx_http_sluice_finish(r, ngx_http_sluice_ingest(r, &upload->ingest));
}


static void
ngx_http_sluice_upload_recorded(ngx_http_request_t *r,
                                ngx_http_sluice_ingest_t *ingest,
                                const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_upload_t *upload = ingest->data;

    upload->parts.left = ingest->spool->stored && !ingest->spool->kept;

    if (ingest->status) {
        ngx_http_sluice_hold_end(&upload->hold);
    }

    if ((ingest->status == NGX_HTTP_CREATED || ingest->status == NGX_HTTP_OK)
        && ngx_http_sluice_location(r, "/api/media/", ingest->media)
               != NGX_OK) {
        ngx_http_sluice_finish(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ngx_http_sluice_finish(r, ngx_http_sluice_reply(r, result, 1));
}
