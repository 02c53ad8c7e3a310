/* An upload's file: its lock, its bytes, and what becomes of it. */

#include "ngx_http_sluice_tus.h"
#include "ngx_http_sluice_upload.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/links/ngx_http_sluice_reply.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"
#include "core/base/tus.h"
#include "core/base/uuid.h"

#include <jansson.h>


/* ms: between two tries for the lock, between two requests to hand it over, and
   until the client is told to come again */

#define NGX_HTTP_SLUICE_TUS_TRY 20
#define NGX_HTTP_SLUICE_TUS_ASK 250
#define NGX_HTTP_SLUICE_TUS_PATIENCE 10000


static void ngx_http_sluice_tus_try(void *data, ngx_log_t *log);
static void ngx_http_sluice_tus_tried(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_try_again(ngx_event_t *ev);
static void ngx_http_sluice_tus_stop(void *data);
static void ngx_http_sluice_tus_catch_up(void *data, ngx_log_t *log);
static void ngx_http_sluice_tus_caught_up(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_received(ngx_http_request_t *r, void *data,
                                         ngx_int_t rc);
static void ngx_http_sluice_tus_save(void *data, ngx_log_t *log);
static void ngx_http_sluice_tus_saved(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_cut(ngx_http_sluice_tus_t *tus);
static void ngx_http_sluice_tus_commit(void *data, ngx_log_t *log);
static void ngx_http_sluice_tus_committed(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_recorded(ngx_http_request_t *r,
                                         ngx_http_sluice_ingest_t *ingest,
                                         const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_tus_forget(void *data, ngx_log_t *log);
static void ngx_http_sluice_tus_forgotten(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_tus_log(ngx_http_sluice_tus_t *tus, ngx_log_t *log);


/* a new file */

void
ngx_http_sluice_tus_reserve(ngx_http_sluice_tus_t *tus,
                            ngx_http_sluice_step_pt step)
{
    tus->reserve.conf = tus->conf;
    tus->reserve.spool = tus->spool;
    tus->reserve.length = tus->length;
    tus->reserve.done = step;
    tus->reserve.data = tus;

    ngx_http_sluice_reserve(tus->request, &tus->reserve);
}


/* the lock */

void
ngx_http_sluice_tus_lock(ngx_http_sluice_tus_t *tus, ngx_sluice_spool_t *spool,
                         ngx_http_sluice_tus_pt next)
{
    tus->wanted = spool;
    tus->next = next;
    tus->until = ngx_current_msec + NGX_HTTP_SLUICE_TUS_PATIENCE;
    tus->ask_at = ngx_current_msec;

    ngx_memcpy(tus->lock.id, spool->id, UUID_TEXT_SIZE);

    ngx_http_sluice_tus_thread(tus, ngx_http_sluice_tus_try,
                               ngx_http_sluice_tus_tried);
}


/* in a thread; what the answer tells is durable */

static void
ngx_http_sluice_tus_try(void *data, ngx_log_t *log)
{
    ngx_http_sluice_tus_t *tus = data;

    tus->error = ngx_sluice_spool_open(tus->wanted);

    if (tus->error == 0) {
        tus->error = ngx_sluice_spool_save(tus->wanted);
    }

    if (tus->error != NGX_EAGAIN && tus->error != NGX_ENOENT) {
        ngx_http_sluice_tus_log(tus, log);
    }
}


static void
ngx_http_sluice_tus_tried(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    if (tus->error == 0) {
        tus->lock.stop = ngx_http_sluice_tus_stop;
        tus->lock.data = tus;
        ngx_http_sluice_upload_hold(&tus->lock);
    }

    if (tus->error == 0 || tus->error == NGX_ENOENT) {
        tus->next(tus);
        return;
    }

    if (tus->error != NGX_EAGAIN) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    if ((ngx_msec_int_t) (ngx_current_msec - tus->until) >= 0) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_UPLOAD_LOCKED, NULL);
        return;
    }

    if ((ngx_msec_int_t) (ngx_current_msec - tus->ask_at) >= 0) {
        tus->ask_at = ngx_current_msec + NGX_HTTP_SLUICE_TUS_ASK;
        ngx_http_sluice_upload_ask(r, &tus->lock);
    }

    tus->timer.handler = ngx_http_sluice_tus_try_again;
    tus->timer.data = tus;
    tus->timer.log = r->connection->log;
    ngx_add_timer(&tus->timer, NGX_HTTP_SLUICE_TUS_TRY);

    /* while it waits the client may leave */

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;
}


static void
ngx_http_sluice_tus_try_again(ngx_event_t *ev)
{
    ngx_connection_t *c;
    ngx_http_sluice_tus_t *tus = ev->data;

    c = tus->request->connection;

    ngx_http_set_log_request(c->log, tus->request);

    ngx_http_sluice_tus_thread(tus, ngx_http_sluice_tus_try,
                               ngx_http_sluice_tus_tried);

    ngx_http_run_posted_requests(c);
}


void
ngx_http_sluice_tus_unlock(ngx_http_sluice_tus_t *tus)
{
    ngx_http_sluice_upload_release(&tus->lock);

    if (tus->wanted) {
        ngx_sluice_spool_close(tus->wanted);
        tus->wanted = NULL;
    }
}


/* A newer request asks. What reads a body ends; all else is soon over. */

static void
ngx_http_sluice_tus_stop(void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    tus->stop = 1;

    ngx_http_sluice_receive_stop(&tus->receive);
}


/* the bytes that an earlier process wrote and did not hash */

static void
ngx_http_sluice_tus_catch_up(void *data, ngx_log_t *log)
{
    ngx_http_sluice_tus_t *tus = data;

    tus->error = ngx_sluice_spool_grow(tus->spool, tus->grows,
                                       tus->conf->keep_free);

    if (tus->error == 0) {
        tus->error = ngx_sluice_spool_catch_up(tus->spool);
    }

    if (tus->error == 0 && tus->summed) {
        tus->error = ngx_sluice_spool_unjudged(tus->spool);
    }

    if (tus->error != NGX_EAGAIN) {
        ngx_http_sluice_tus_log(tus, log);
    }
}


static void
ngx_http_sluice_tus_caught_up(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    if (tus->error == NGX_EAGAIN && tus->stop) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_UPLOAD_LOCKED, NULL);
        return;
    }

    if (tus->error == NGX_EAGAIN) {
        ngx_http_sluice_tus_thread(tus, ngx_http_sluice_tus_catch_up,
                                   ngx_http_sluice_tus_caught_up);
        return;
    }

    if (tus->error) {
        ngx_http_sluice_tus_refuse(tus, ngx_sluice_spool_status(tus->error),
                                   NULL);
        return;
    }

    tus->next(tus);
}


static void
ngx_http_sluice_tus_receive(ngx_http_sluice_tus_t *tus)
{
    ngx_http_sluice_receive_t *receive = &tus->receive;

    receive->spool = tus->spool;
    receive->max = tus->length >= 0 ? tus->length
                                    : ngx_http_sluice_receive_max(
                                        tus->conf->max_size, tus->room);
    receive->sum = tus->summed ? &tus->sum : NULL;
    receive->done = ngx_http_sluice_tus_received;
    receive->data = tus;

    ngx_http_sluice_receive(tus->request, receive);
}


void
ngx_http_sluice_tus_append(ngx_http_sluice_tus_t *tus)
{
    off_t size;
    ngx_http_request_t *r = tus->request;

    size = ngx_max(r->headers_in.content_length_n, 0);

    if (tus->length >= 0 && tus->spool->size + size > tus->length) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_TOO_LARGE,
                                   "The upload is not as long.");
        return;
    }

    if (!tus->lock.held) {
        tus->lock.stop = ngx_http_sluice_tus_stop;
        tus->lock.data = tus;
        ngx_http_sluice_upload_hold(&tus->lock);
    }

    tus->grows = tus->length >= 0 ? tus->length
                                  : tus->spool->size + ngx_max(size, 1);
    tus->next = ngx_http_sluice_tus_receive;
    ngx_http_sluice_tus_thread(tus, ngx_http_sluice_tus_catch_up,
                               ngx_http_sluice_tus_caught_up);
}


/* The body has ended, one way or another: what came is made durable, and a
   chunk that is not what its checksum says, or of which nobody knows, goes. */

static void
ngx_http_sluice_tus_received(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_http_sluice_tus_t *tus = data;

    tus->end = rc;
    tus->good = rc == NGX_OK && tus->receive.error == 0
                && (!tus->summed || tus_checksum_good(&tus->sum));

    ngx_http_sluice_tus_thread(tus, ngx_http_sluice_tus_save,
                               ngx_http_sluice_tus_saved);
}


static void
ngx_http_sluice_tus_save(void *data, ngx_log_t *log)
{
    ngx_http_sluice_tus_t *tus = data;

    tus->error = tus->summed ? ngx_sluice_spool_judged(tus->spool, tus->good)
                             : ngx_sluice_spool_save(tus->spool);

    ngx_http_sluice_tus_log(tus, log);
}


static void
ngx_http_sluice_tus_saved(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    if (tus->error == 0) {
        tus->error = tus->receive.error;
    }

    if (tus->error) {
        ngx_http_sluice_tus_refuse(tus, ngx_sluice_spool_status(tus->error),
                                   NULL);
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


static void
ngx_http_sluice_tus_cut(ngx_http_sluice_tus_t *tus)
{
    ngx_http_request_t *r = tus->request;

    if (tus->end == NGX_HTTP_SLUICE_STOPPED) {
        /* who hangs does not send the rest */
        r->keepalive = 0;
        ngx_http_sluice_tus_refuse(tus, SLUICE_UPLOAD_LOCKED,
                                   "A newer request goes on with it.");
        return;
    }

    if (tus->end == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_TOO_LARGE, NULL);
        return;
    }

    ngx_http_sluice_tus_unlock(tus);
    ngx_http_sluice_finish(r, tus->end);
}


/* what becomes of it */

static void
ngx_http_sluice_tus_take_in(ngx_http_sluice_tus_t *tus)
{
    ngx_http_sluice_tus_thread(tus, ngx_http_sluice_tus_commit,
                               ngx_http_sluice_tus_committed);
}


void
ngx_http_sluice_tus_finish(ngx_http_sluice_tus_t *tus)
{
    if (tus->partial || tus->length < 0 || tus->spool->size != tus->length) {
        ngx_http_sluice_tus_answer(tus);
        return;
    }

    if (tus->summed) {
        /* of the chunk: it was judged */
        tus_checksum_free(&tus->sum);
        tus->summed = 0;
    }

    tus->next = ngx_http_sluice_tus_take_in;
    ngx_http_sluice_tus_thread(tus, ngx_http_sluice_tus_catch_up,
                               ngx_http_sluice_tus_caught_up);
}


static void
ngx_http_sluice_tus_commit(void *data, ngx_log_t *log)
{
    ngx_http_sluice_tus_t *tus = data;

    tus->error = ngx_sluice_spool_commit(tus->spool);

    ngx_http_sluice_tus_log(tus, log);
}


static void
ngx_http_sluice_tus_committed(ngx_http_request_t *r, void *data)
{
    json_t *upload;
    unsigned i;
    ngx_http_sluice_tus_t *tus = data;
    ngx_http_sluice_ingest_t *ingest = &tus->ingest;

    if (tus->error) {
        ngx_http_sluice_tus_refuse(tus, ngx_sluice_spool_status(tus->error),
                                   NULL);
        return;
    }

    upload = json_pack("{s:s}", "upload", tus->spool->id);

    if (tus->parts.kind == TUS_FINAL) {
        (void) json_object_set_new(
            upload, "metadata",
            json_stringn((char *) tus->metadata.data, tus->metadata.len));
        (void) json_object_set_new(upload, "parts", json_array());

        for (i = 0; i < tus->parts.count; i++) {
            (void) json_array_append_new(json_object_get(upload, "parts"),
                                         json_string(tus->parts.ids[i]));
        }
    }

    ingest->spool = tus->spool;
    ingest->more = upload;
    ingest->done = ngx_http_sluice_tus_recorded;
    ingest->data = tus;

    ngx_http_sluice_finish(r, ngx_http_sluice_ingest(r, ingest));
    json_decref(upload);
}


static void
ngx_http_sluice_tus_recorded(ngx_http_request_t *r,
                             ngx_http_sluice_ingest_t *ingest,
                             const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_tus_t *tus = ingest->data;

    if (ingest->status != NGX_HTTP_CREATED && ingest->status != NGX_HTTP_OK) {
        ngx_http_sluice_tus_unlock(tus);
        ngx_http_sluice_finish(r, ngx_http_sluice_reply(r, result, 0));
        return;
    }

    ngx_memcpy(tus->media, ingest->media, UUID_TEXT_SIZE);

    if (tus->parts.kind == TUS_FINAL) {
        ngx_http_sluice_tus_thread(tus, ngx_http_sluice_tus_forget,
                                   ngx_http_sluice_tus_forgotten);
        return;
    }

    ngx_http_sluice_tus_answer(tus);
}


/* What the parts' files hold is in the whole one. In a thread. */

static void
ngx_http_sluice_tus_forget(void *data, ngx_log_t *log)
{
    ngx_uint_t i;
    ngx_http_sluice_tus_t *tus = data;

    for (i = 0; i < tus->parts.count; i++) {
        ngx_sluice_spool_forget(&tus->conf->spool, tus->parts.ids[i]);
    }
}


static void
ngx_http_sluice_tus_forgotten(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_answer(data);
}


static void
ngx_http_sluice_tus_log(ngx_http_sluice_tus_t *tus, ngx_log_t *log)
{
    if (tus->error) {
        ngx_log_error(NGX_LOG_CRIT, log, tus->error, "the file of upload %s",
                      tus->lock.id);
    }
}
