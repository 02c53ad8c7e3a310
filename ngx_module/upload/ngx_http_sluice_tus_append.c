/*
 * Bytes behind those that an upload has: space, the body, its end; an upload
 * that is whole becomes a media file. What a creation brings along joins at
 * _append(), parts that were put together at _finish().
 */

#include "ngx_http_sluice_grow.h"
#include "ngx_http_sluice_hold.h"
#include "ngx_http_sluice_ingest.h"
#include "ngx_http_sluice_parts.h"
#include "ngx_http_sluice_receive.h"
#include "ngx_http_sluice_tus_append.h"
#include "ngx_http_sluice_tus_headers.h"
#include "ngx_http_sluice_tus_internal.h"
#include "ngx_http_sluice_tus_store.h"
#include "ngx_http_sluice_upload_lock.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"
#include "core/base/tus.h"
#include "core/base/uuid.h"

#include <jansson.h>


/* each step in its order */

static void ngx_http_sluice_tus_granted(ngx_http_request_t *r, void *data,
                                        const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_tus_prepared(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_received(ngx_http_request_t *r, void *data,
                                         ngx_int_t rc);
static void ngx_http_sluice_tus_saved(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_settled(ngx_http_request_t *r, void *data,
                                        const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_tus_ended(ngx_http_sluice_tus_t *tus);
static void ngx_http_sluice_tus_committed(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_recorded(ngx_http_request_t *r,
                                         ngx_http_sluice_ingest_t *ingest,
                                         const ngx_sluice_pg_result_t *result);


/* the body */

static void
ngx_http_sluice_tus_log(ngx_http_sluice_tus_t *tus, ngx_log_t *log)
{
    if (tus->error && tus->error != NGX_EAGAIN) {
        ngx_log_error(NGX_LOG_CRIT, log, tus->error, "the file of upload %s",
                      tus->spool->id);
    }
}


/* In a thread: space, and the bytes that an earlier process wrote and did not
   hash. */

static void
ngx_http_sluice_tus_prepare(void *data, ngx_log_t *log)
{
    off_t size;
    ngx_http_sluice_tus_t *tus = data;

    size = tus->request->headers_in.content_length_n;

    if (tus->stored) {
        size = ngx_http_sluice_parts_space(&tus->up, tus->summed ? size : 0);
        tus->error = ngx_sluice_spool_grow(tus->spool, size, size);

    } else if (tus->length >= 0) {
        tus->error = ngx_sluice_spool_grow(tus->spool, tus->length,
                                           tus->length);
    } else {
        tus->error = ngx_sluice_spool_grow(
            tus->spool, tus->spool->size + ngx_max(size, 1),
            size >= 0 ? tus->spool->size + ngx_max(size, 1)
                      : ngx_max(tus->grow.granted, tus->spool->size + 1));
    }

    if (tus->error == 0) {
        tus->error = ngx_sluice_spool_catch_up(tus->spool);
    }

    if (tus->error == 0 && tus->summed) {
        tus->error = ngx_sluice_spool_unjudged(tus->spool);
    }

    ngx_http_sluice_tus_log(tus, log);
}


/* An upload without a length asks for what comes; a new one has asked. */

void
ngx_http_sluice_tus_append(ngx_http_sluice_tus_t *tus)
{
    off_t size, length;
    ngx_int_t rc;

    size = tus->request->headers_in.content_length_n;
    length = tus->length >= 0 ? tus->length : tus->new_length;

    if (length >= 0 && size > length - tus->spool->size) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_TOO_LARGE,
                                   "The upload is not as long.");
        return;
    }

    tus->growing = (length < 0);

    if (tus->length < 0 && tus->method != NGX_HTTP_SLUICE_TUS_CREATE) {
        rc = ngx_http_sluice_grow(tus->request, tus->id, tus->spool->size, size,
                                  tus->new_length, ngx_http_sluice_tus_granted,
                                  tus);
        ngx_http_sluice_finish(tus->request, rc);
        return;
    }

    (void) ngx_http_sluice_thread_wait(tus->request,
                                       ngx_http_sluice_tus_prepare,
                                       ngx_http_sluice_tus_prepared, tus);
}


static void
ngx_http_sluice_tus_granted(ngx_http_request_t *r, void *data,
                            const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_tus_t *tus = data;

    tus->grow.granted = ngx_http_sluice_grow_granted(&tus->grow, result);

    if (tus->grow.refused != SLUICE_OK) {
        ngx_http_sluice_tus_reply(tus, result);
        return;
    }

    tus->length = tus->new_length;

    (void) ngx_http_sluice_thread_wait(r, ngx_http_sluice_tus_prepare,
                                       ngx_http_sluice_tus_prepared, tus);
}


/* 1 when `work` failed, which is answered, or has more to do, and does it. */

static ngx_uint_t
ngx_http_sluice_tus_unfinished(ngx_http_sluice_tus_t *tus,
                               void (*work)(void *data, ngx_log_t *log),
                               ngx_http_sluice_step_pt step)
{
    if (tus->error == 0) {
        return 0;
    }

    if (tus->error != NGX_EAGAIN) {
        ngx_http_sluice_tus_fail(tus, tus->error);
        return 1;
    }

    if (tus->stop) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_UPLOAD_LOCKED, NULL);
        return 1;
    }

    (void) ngx_http_sluice_thread_wait(tus->request, work, step, tus);

    return 1;
}


static void
ngx_http_sluice_tus_prepared(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;
    ngx_http_sluice_receive_t *receive = &tus->receive;

    if (ngx_http_sluice_tus_unfinished(tus, ngx_http_sluice_tus_prepare,
                                       ngx_http_sluice_tus_prepared)) {
        return;
    }

    receive->spool = tus->spool;
    receive->max = tus->length >= 0
                       ? tus->length
                       : ngx_http_sluice_receive_max(tus->conf->max_size);

    if (tus->growing && r->headers_in.content_length_n < 0) {
        tus->grow.receive = receive;
        receive->more = ngx_http_sluice_grow_more;
        receive->more_data = &tus->grow;
        receive->granted = tus->spool->reserved;
    }

    if (tus->stored) {
        tus->up.receive = receive;
        tus->up.length = tus->length;
        tus->up.grow = receive->more ? &tus->grow : NULL;
        ngx_http_sluice_parts_receive(&tus->up);
    }

    receive->sum = tus->summed ? &tus->sum : NULL;
    receive->done = ngx_http_sluice_tus_received;
    receive->data = tus;

    ngx_http_sluice_receive(r, receive);
}


/* The body has ended, one way or another: what came is made durable, and a
   chunk that is not what its checksum says, or of which nobody knows, goes. */

static void
ngx_http_sluice_tus_save(void *data, ngx_log_t *log)
{
    ngx_http_sluice_tus_t *tus = data;

    tus->error = tus->summed ? ngx_sluice_spool_judged(tus->spool, tus->good)
                             : ngx_sluice_spool_save(tus->spool);

    if (tus->error == 0 && tus->growing) {
        tus->error = ngx_sluice_spool_trim(tus->spool);
    }

    ngx_http_sluice_tus_log(tus, log);
}


static void
ngx_http_sluice_tus_received(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_http_sluice_tus_t *tus = data;

    tus->end = rc;
    tus->good = rc == NGX_OK && tus->receive.error == 0
                && (!tus->summed || tus_checksum_good(&tus->sum));

    (void) ngx_http_sluice_thread_wait(r, ngx_http_sluice_tus_save,
                                       ngx_http_sluice_tus_saved, tus);
}


static void
ngx_http_sluice_tus_cut(ngx_http_sluice_tus_t *tus)
{
    if (tus->end == NGX_HTTP_SLUICE_STOPPED) {
        /* who hangs does not send the rest */
        tus->request->keepalive = 0;

        if (tus->up.given && !tus->stop) {
            ngx_http_sluice_tus_refuse(tus, SLUICE_DRAINING,
                                       "Go on at another node.");
            return;
        }

        ngx_http_sluice_tus_refuse(tus, SLUICE_UPLOAD_LOCKED,
                                   "A newer request goes on with it.");
        return;
    }

    if (tus->grow.refused != SLUICE_OK) {
        ngx_http_sluice_tus_refuse(tus, tus->grow.refused, NULL);
        return;
    }

    if (tus->up.status != SLUICE_OK) {
        ngx_http_sluice_tus_refuse(tus, tus->up.status, NULL);
        return;
    }

    if (tus->end == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_TOO_LARGE, NULL);
        return;
    }

    ngx_http_sluice_tus_unlock(tus);
    ngx_http_sluice_finish(tus->request, tus->end);
}


/* What was granted and did not come is given back. */

static void
ngx_http_sluice_tus_saved(ngx_http_request_t *r, void *data)
{
    ngx_int_t rc;
    ngx_http_sluice_tus_t *tus = data;

    if (!tus->growing || tus->grow.granted <= tus->spool->size) {
        ngx_http_sluice_tus_ended(tus);
        return;
    }

    rc = ngx_http_sluice_grow(r, tus->id, tus->spool->size, 0, -1,
                              ngx_http_sluice_tus_settled, tus);
    ngx_http_sluice_finish(r, rc);
}


static void
ngx_http_sluice_tus_settled(ngx_http_request_t *r, void *data,
                            const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_tus_ended(data);
}


static void
ngx_http_sluice_tus_judge(ngx_http_sluice_tus_t *tus)
{
    if (tus->error || tus->receive.error) {
        ngx_http_sluice_tus_fail(tus,
                                 tus->error ? tus->error : tus->receive.error);
        return;
    }

    if (tus->end != NGX_OK) {
        ngx_http_sluice_tus_cut(tus);
        return;
    }

    if (!tus->good) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_UPLOAD_CHECKSUM, NULL);
        return;
    }

    ngx_http_sluice_tus_finish(tus);
}


/* What is safe where the operator said is all that an answer promises. */

static void
ngx_http_sluice_tus_rested(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    if (tus->conf->ack_store && tus->up.status != SLUICE_OK && tus->error == 0
        && tus->end == NGX_OK && tus->good) {
        ngx_http_sluice_tus_refuse(tus, tus->up.status, NULL);
        return;
    }

    ngx_http_sluice_tus_judge(tus);
}


static void
ngx_http_sluice_tus_ended(ngx_http_sluice_tus_t *tus)
{
    ngx_uint_t whole = tus->error == 0 && tus->end == NGX_OK && tus->good
                       && tus->spool->size == tus->length;

    if (tus->stored && !whole) {
        ngx_http_sluice_parts_rest(&tus->up,
                                   tus->conf->ack_store || tus->up.given,
                                   ngx_http_sluice_tus_rested, tus);
        return;
    }

    ngx_http_sluice_tus_judge(tus);
}


/* its end */

static void
ngx_http_sluice_tus_commit(void *data, ngx_log_t *log)
{
    ngx_http_sluice_tus_t *tus = data;

    tus->error = ngx_sluice_spool_catch_up(tus->spool);

    if (tus->error == 0 && !tus->stored) {
        tus->error = ngx_sluice_spool_commit(tus->spool);
    }

    ngx_http_sluice_tus_log(tus, log);
}


void
ngx_http_sluice_tus_finish(ngx_http_sluice_tus_t *tus)
{
    if ((tus->partial && !tus->stored) || tus->whole || tus->length < 0
        || tus->spool->size != tus->length) {
        ngx_http_sluice_tus_answer(tus);
        return;
    }

    (void) ngx_http_sluice_thread_wait(tus->request, ngx_http_sluice_tus_commit,
                                       ngx_http_sluice_tus_committed, tus);
}


static void
ngx_http_sluice_tus_record(ngx_http_sluice_tus_t *tus)
{
    ngx_http_request_t *r = tus->request;
    ngx_http_sluice_ingest_t *ingest = &tus->ingest;

    ingest->spool = tus->spool;
    ingest->done = ngx_http_sluice_tus_recorded;
    ingest->data = tus;

    if (ingest->more == NULL) {
        ingest->more = json_pack("{s:s}", "upload", tus->spool->id);
    }

    ngx_http_sluice_finish(r, ngx_http_sluice_ingest(r, ingest));
}


/* From now on there may be a row that has it, whatever becomes of the client.
 */

void
ngx_http_sluice_tus_stored(ngx_http_sluice_tus_t *tus)
{
    tus->spool->stored = 1;
    tus->up.left = 0;

    ngx_http_sluice_tus_record(tus);
}


static void
ngx_http_sluice_tus_up(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    if (tus->up.status != SLUICE_OK) {
        ngx_http_sluice_tus_refuse(tus, tus->up.status, NULL);
        return;
    }

    if (tus->partial) {
        ngx_http_sluice_tus_store_whole(tus);
        return;
    }

    sha256_digest(&tus->spool->sha256, tus->spool->digest);
    ngx_http_sluice_tus_stored(tus);
}


static void
ngx_http_sluice_tus_committed(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    if (ngx_http_sluice_tus_unfinished(tus, ngx_http_sluice_tus_commit,
                                       ngx_http_sluice_tus_committed)) {
        return;
    }

    if (!tus->stored) {
        ngx_http_sluice_tus_record(tus);
        return;
    }

    tus->up.left = !tus->spool->resumable;
    ngx_http_sluice_parts_finish(&tus->up, ngx_http_sluice_tus_up, tus);
}


static void
ngx_http_sluice_tus_recorded(ngx_http_request_t *r,
                             ngx_http_sluice_ingest_t *ingest,
                             const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_tus_t *tus = ingest->data;

    if (ingest->status) {
        ngx_http_sluice_hold_end(&tus->hold);
    }

    if (ingest->status && tus->stored && !tus->spool->kept) {
        ngx_http_sluice_parts_discard(tus->id, tus->up.multipart);
    }

    if (ingest->status != NGX_HTTP_CREATED && ingest->status != NGX_HTTP_OK) {
        ngx_http_sluice_tus_reply(tus, result);
        return;
    }

    ngx_memcpy(tus->media, ingest->media, UUID_TEXT_SIZE);

    if (tus->recorded) {
        tus->recorded(tus);
        return;
    }

    ngx_http_sluice_tus_answer(tus);
}
