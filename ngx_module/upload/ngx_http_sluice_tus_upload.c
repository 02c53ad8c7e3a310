/*
 * An upload that is there. The request, the record, the lock, and then what
 * PATCH and HEAD make of it; from there the body goes on in _append().
 */

#include "ngx_http_sluice_hold.h"
#include "ngx_http_sluice_receive.h"
#include "ngx_http_sluice_tus_append.h"
#include "ngx_http_sluice_tus_headers.h"
#include "ngx_http_sluice_tus_internal.h"
#include "ngx_http_sluice_tus_record.h"
#include "ngx_http_sluice_tus_store.h"
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
static void ngx_http_sluice_tus_ended(ngx_http_sluice_tus_t *tus);
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

    if (tus->spool == NULL
        || (tus->stored && !tus->up.used
            && ngx_http_sluice_parts_init(r, &tus->up) != NGX_OK)) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    if (tus->stored && !tus->up.used) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "upload %s goes to a bucket, and \"sluice_store\" names "
                      "none here",
                      tus->id);
        ngx_http_sluice_tus_refuse(tus, SLUICE_STORE_AWAY, NULL);
        return;
    }

    if (tus->stored) {
        tus->ended = ngx_http_sluice_tus_ended;
        ngx_http_sluice_tus_store_open(tus);
        return;
    }

    ngx_http_sluice_tus_lock(tus, tus->spool, tus->opened);
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


/* Once it is looked at anew, as what it has become meanwhile. */

static ngx_uint_t
ngx_http_sluice_tus_look_again(ngx_http_sluice_tus_t *tus)
{
    if (tus->again) {
        return 0;
    }

    tus->again = 1;
    ngx_http_sluice_tus_ask(tus);

    return 1;
}


static void
ngx_http_sluice_tus_ended(ngx_http_sluice_tus_t *tus)
{
    if (!ngx_http_sluice_tus_look_again(tus)) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_UPLOAD_LOCKED, NULL);
    }
}


ngx_uint_t
ngx_http_sluice_tus_missing(ngx_http_sluice_tus_t *tus)
{
    if (tus->lock.error == 0) {
        return 0;
    }

    if (ngx_http_sluice_tus_look_again(tus)) {
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

    if (tus->done || tus->whole) {
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
