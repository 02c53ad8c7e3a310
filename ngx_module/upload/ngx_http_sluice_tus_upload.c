/*
 * An upload that is there. The request, the record, the lock, and then what
 * PATCH and HEAD make of it; from there the body goes on in _append().
 */

#include "ngx_http_sluice_hold.h"
#include "ngx_http_sluice_receive.h"
#include "ngx_http_sluice_tus_append.h"
#include "ngx_http_sluice_tus_headers.h"
#include "ngx_http_sluice_tus_internal.h"
#include "ngx_http_sluice_tus_upload.h"
#include "ngx_http_sluice_upload.h"
#include "ngx_http_sluice_upload_lock.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#include <jansson.h>


/* each step in its order */

static void ngx_http_sluice_tus_asked(ngx_http_request_t *r, void *data,
                                      const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_tus_lock_done(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_opened(ngx_http_sluice_tus_t *tus);


static ngx_sluice_pg_statement_t ngx_http_sluice_open_upload = {
    "open_upload",
    "select status, body from api.open_upload($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_FINISH
};


/* the request */

ngx_int_t
ngx_http_sluice_tus_patch_handler(ngx_http_request_t *r)
{
    return ngx_http_sluice_tus_open(r, NGX_HTTP_SLUICE_TUS_PATCH,
                                    ngx_http_sluice_tus_opened);
}


ngx_int_t
ngx_http_sluice_tus_head_handler(ngx_http_request_t *r)
{
    return ngx_http_sluice_tus_open(r, NGX_HTTP_SLUICE_TUS_HEAD,
                                    ngx_http_sluice_tus_opened);
}


ngx_int_t
ngx_http_sluice_tus_open(ngx_http_request_t *r,
                         ngx_http_sluice_tus_method_t method,
                         ngx_http_sluice_tus_pt opened)
{
    ngx_int_t rc;
    ngx_http_sluice_tus_t *tus;

    rc = ngx_http_sluice_tus_read(r, method, &tus);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    r->main->count++;

    tus->opened = opened;
    ngx_http_sluice_tus_ask(tus);

    return NGX_DONE;
}


/* the record */

void
ngx_http_sluice_tus_call(ngx_http_sluice_tus_t *tus,
                         const ngx_sluice_pg_statement_t *call, json_t *args,
                         ngx_http_sluice_row_pt handler)
{
    ngx_http_sluice_finish(
        tus->request,
        ngx_http_sluice_call(tus->request, call,
                             ngx_http_sluice_gate_access(tus->request)->sub,
                             args, handler, tus));
}


json_t *
ngx_http_sluice_tus_body(ngx_http_sluice_tus_t *tus,
                         const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_str_t status;

    if (result->status == SLUICE_OK
        && ngx_sluice_pg_value(result, 0, 0, &status) == NGX_OK
        && ngx_atoi(status.data, status.len) < NGX_HTTP_SPECIAL_RESPONSE) {

        body = ngx_http_sluice_call_body(result);

        if (body) {
            return body;
        }
    }

    ngx_http_sluice_tus_reply(tus, result);

    return NULL;
}


json_t *
ngx_http_sluice_tus_hold_body(ngx_http_sluice_tus_t *tus,
                              const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_str_t status;

    if (result->status == SLUICE_OK
        && ngx_sluice_pg_value(result, 0, 0, &status) == NGX_OK
        && ngx_atoi(status.data, status.len) >= NGX_HTTP_SPECIAL_RESPONSE) {
        ngx_http_sluice_hold_end(&tus->hold);
    }

    body = ngx_http_sluice_tus_body(tus, result);

    if (body) {
        ngx_http_sluice_hold_renew(&tus->hold, body);
    }

    return body;
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
                  { "filename", &tus->ingest.label.filename },
                  { "title", &tus->ingest.label.title },
                  { "concat", &tus->concat } };

    value = json_object_get(body, "length");
    tus->length = json_is_integer(value) ? (off_t) json_integer_value(value)
                                         : -1;

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


void
ngx_http_sluice_tus_ask(ngx_http_sluice_tus_t *tus)
{
    ngx_http_sluice_tus_call(tus, &ngx_http_sluice_open_upload,
                             json_pack("{s:s}", "id", tus->id),
                             ngx_http_sluice_tus_asked);
}


static void
ngx_http_sluice_tus_asked(ngx_http_request_t *r, void *data,
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

    if (rc != NGX_OK || ngx_http_sluice_tus_read_args(tus) != NGX_OK) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    if (tus->done) {
        tus->opened(tus);
        return;
    }

    if (tus->spool == NULL) {
        tus->spool = ngx_sluice_spool_create(r->pool, tus->conf->place,
                                             tus->id);
    }

    if (tus->spool == NULL) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    ngx_http_sluice_tus_lock(tus, tus->spool, tus->opened);
}


/* the lock */

/* A newer request asks. What reads a body ends; all else is soon over. */

static void
ngx_http_sluice_tus_stop(void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    tus->stop = 1;
    ngx_http_sluice_receive_stop(&tus->receive);
}


void
ngx_http_sluice_tus_lock(ngx_http_sluice_tus_t *tus, ngx_sluice_spool_t *spool,
                         ngx_http_sluice_tus_pt locked)
{
    tus->locked = locked;
    tus->lock.done = ngx_http_sluice_tus_lock_done;
    tus->lock.stop = ngx_http_sluice_tus_stop;
    tus->lock.data = tus;

    ngx_http_sluice_upload_lock(&tus->lock, spool);
}


void
ngx_http_sluice_tus_hold(ngx_http_sluice_tus_t *tus)
{
    tus->lock.stop = ngx_http_sluice_tus_stop;
    tus->lock.data = tus;

    ngx_http_sluice_upload_lock_hold(&tus->lock, tus->spool);
}


static void
ngx_http_sluice_tus_lock_done(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    if (tus->lock.error == 0 || tus->lock.error == NGX_ENOENT) {
        tus->locked(tus);
        return;
    }

    ngx_http_sluice_tus_refuse(
        tus,
        tus->lock.error == NGX_EAGAIN ? SLUICE_UPLOAD_LOCKED : SLUICE_INTERNAL,
        NULL);
}


/* what PATCH and HEAD make of it */

/* For what is wrong about Upload-Length. */

static void
ngx_http_sluice_tus_refuse_length(ngx_http_sluice_tus_t *tus,
                                  sluice_status_t status, const char *detail)
{
    ngx_http_sluice_upload_unlock(&tus->lock);
    ngx_http_sluice_finish(
        tus->request,
        ngx_http_sluice_problem(tus->request, status, detail, "Upload-Length"));
}


ngx_uint_t
ngx_http_sluice_tus_missing(ngx_http_sluice_tus_t *tus)
{
    if (tus->lock.error == 0) {
        return 0;
    }

    if (!tus->again) {
        tus->again = 1;
        ngx_http_sluice_tus_ask(tus);
        return 1;
    }

    ngx_http_sluice_tus_refuse(tus, SLUICE_NOT_FOUND,
                               "The upload's file is gone.");
    return 1;
}


static void
ngx_http_sluice_tus_opened(ngx_http_sluice_tus_t *tus)
{
    ngx_uint_t patch = (tus->method == NGX_HTTP_SLUICE_TUS_PATCH);

    if (tus->done) {
        if (patch
            && (tus->offset != tus->length
                || ngx_http_sluice_tus_has_body(tus->request))) {
            ngx_http_sluice_tus_refuse(tus, SLUICE_CONFLICT,
                                       "The upload is done.");
            return;
        }

        ngx_http_sluice_tus_answer(tus);
        return;
    }

    if (ngx_http_sluice_tus_missing(tus)) {
        return;
    }

    if (!patch) {
        ngx_http_sluice_tus_finish(tus);
        return;
    }

    if (tus->offset != tus->spool->size) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_CONFLICT,
                                   "The upload is at another offset.");
        return;
    }

    if (tus->new_length >= 0 && tus->new_length < tus->spool->size) {
        ngx_http_sluice_tus_refuse_length(tus, SLUICE_HEADER_INVALID,
                                          "The upload has more bytes already.");
        return;
    }

    if (tus->new_length >= 0 && tus->length >= 0
        && tus->new_length != tus->length) {
        ngx_http_sluice_tus_refuse_length(tus, SLUICE_CONFLICT,
                                          "The length was another one before.");
        return;
    }

    ngx_http_sluice_tus_append(tus);
}
