/*
 * An upload into a bucket has its turn on one node after the other. Who has it
 * is in the record, for as long as he is heard of; then come the bytes: those
 * of this disk, where the last turn was this node's, too, else what the bucket
 * has beside the parts. The file here is as long as the upload, and has holes
 * where the parts were.
 */

#include "ngx_http_sluice_parts.h"
#include "ngx_http_sluice_tus_headers.h"
#include "ngx_http_sluice_tus_internal.h"
#include "ngx_http_sluice_tus_store.h"
#include "ngx_http_sluice_tus_record.h"
#include "ngx_http_sluice_upload_lock.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"

#include <jansson.h>


/* ms: between two looks whether another node has ended, and until it is given
   up */
#define NGX_HTTP_SLUICE_TUS_STORE_TRY 250
#define NGX_HTTP_SLUICE_TUS_STORE_PATIENCE 10000

/* the same for who only wants to know */
#define NGX_HTTP_SLUICE_TUS_STORE_HEAD 2000


static void ngx_http_sluice_tus_store_take(ngx_http_sluice_tus_t *tus);
static void
ngx_http_sluice_tus_store_taken(ngx_http_request_t *r, void *data,
                                const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_tus_store_locked(ngx_http_sluice_tus_t *tus);
static void ngx_http_sluice_tus_store_adopted(ngx_http_request_t *r,
                                              void *data);
static void ngx_http_sluice_tus_store_fetched(ngx_http_request_t *r,
                                              void *data);
static void ngx_http_sluice_tus_store_joined(ngx_http_request_t *r, void *data);


static ngx_sluice_pg_statement_t ngx_http_sluice_take_upload = {
    "take_upload",
    "select status, body from api.take_upload($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_FINISH
};

static ngx_sluice_pg_statement_t ngx_http_sluice_whole_upload = {
    "whole_upload",
    "select status, body from api.whole_upload($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_FINISH
};


/* its turn */

void
ngx_http_sluice_tus_store_open(ngx_http_sluice_tus_t *tus)
{
    tus->give_up_at = ngx_current_msec
                      + (tus->method == NGX_HTTP_SLUICE_TUS_HEAD
                             ? NGX_HTTP_SLUICE_TUS_STORE_HEAD
                             : NGX_HTTP_SLUICE_TUS_STORE_PATIENCE);
    ngx_http_sluice_tus_store_take(tus);
}


static void
ngx_http_sluice_tus_store_take(ngx_http_sluice_tus_t *tus)
{
    ngx_http_sluice_tus_call(
        tus, &ngx_http_sluice_take_upload,
        json_pack("{s:s, s:s}", "id", tus->id, "node", tus->conf->place->node),
        ngx_http_sluice_tus_store_taken);
}


static void
ngx_http_sluice_tus_store_again(ngx_event_t *ev)
{
    ngx_http_sluice_tus_t *tus = ev->data;
    ngx_connection_t *c = tus->request->connection;

    ngx_http_set_log_request(c->log, tus->request);

    ngx_http_sluice_tus_store_take(tus);

    ngx_http_run_posted_requests(c);
}


/* Another node has it: it is asked to stop. Who only wants to know hears what
   any node could go on with. */

static void
ngx_http_sluice_tus_store_held(ngx_http_sluice_tus_t *tus, off_t safe)
{
    ngx_http_request_t *r = tus->request;

    if ((ngx_msec_int_t) (ngx_current_msec - tus->give_up_at) >= 0) {

        if (tus->method == NGX_HTTP_SLUICE_TUS_HEAD && safe != tus->length) {
            tus->spool->size = safe;
            ngx_http_sluice_tus_answer(tus);
            return;
        }

        ngx_http_sluice_tus_refuse(tus, SLUICE_UPLOAD_LOCKED, NULL);
        return;
    }

    ngx_http_sluice_upload_lock_ask_for(&tus->lock, tus->spool);

    tus->turn.handler = ngx_http_sluice_tus_store_again;
    tus->turn.data = tus;
    tus->turn.log = r->connection->log;
    ngx_add_timer(&tus->turn, NGX_HTTP_SLUICE_TUS_STORE_TRY);

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;
}


static void
ngx_http_sluice_tus_store_taken(ngx_http_request_t *r, void *data,
                                const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_int_t rc;
    ngx_uint_t held;
    ngx_http_sluice_tus_t *tus = data;
    ngx_http_sluice_parts_t *parts = &tus->up;

    body = ngx_http_sluice_tus_body(tus, result);
    if (body == NULL) {
        return;
    }

    if (json_is_true(json_object_get(body, "done"))) {
        json_decref(body);
        tus->ended(tus);
        return;
    }

    parts->spool = tus->spool;
    parts->length = tus->length;
    tus->whole = json_is_true(json_object_get(body, "whole")) ? 1 : 0;
    held = json_is_true(json_object_get(body, "held"));
    rc = ngx_http_sluice_parts_turn(parts, body);
    json_decref(body);

    if (rc != NGX_OK) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    if (tus->whole) {
        tus->spool->size = tus->length;
        tus->opened(tus);
        return;
    }

    if (held) {
        ngx_http_sluice_tus_store_held(tus, parts->safe + parts->tail);
        return;
    }

    ngx_http_sluice_tus_lock(tus, tus->spool, ngx_http_sluice_tus_store_locked);
}


/* a part of another, whose end it waits for */

static void
ngx_http_sluice_tus_store_told(ngx_http_request_t *r, void *data,
                               const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_http_sluice_tus_t *tus = data;

    body = ngx_http_sluice_tus_body(tus, result);
    if (body == NULL) {
        return;
    }

    json_decref(body);

    tus->whole = 1;
    tus->up.handed = 1;
    tus->spool->elsewhere = 1;
    ngx_http_sluice_tus_answer(tus);
}


void
ngx_http_sluice_tus_store_whole(ngx_http_sluice_tus_t *tus)
{
    u_char state[SHA256_STATE_SIZE], hex[2 * SHA256_STATE_SIZE];
    json_t *args = ngx_http_sluice_parts_args(&tus->up);

    sha256_save(&tus->spool->sha256, 0, state);
    (void) ngx_hex_dump(hex, state, sizeof(state));
    (void) json_object_set_new(args, "digest",
                               json_stringn((char *) hex, sizeof(hex)));

    ngx_http_sluice_tus_call(tus, &ngx_http_sluice_whole_upload, args,
                             ngx_http_sluice_tus_store_told);
}


/* its bytes */

/* In a thread. */

static void
ngx_http_sluice_tus_store_adopt(void *data, ngx_log_t *log)
{
    off_t size;
    ngx_http_sluice_tus_t *tus = data;
    ngx_http_sluice_parts_t *parts = &tus->up;

    tus->error = tus->lock.error ? ngx_sluice_spool_reserve(tus->spool, 0, 0)
                                 : 0;

    if (tus->error == 0) {
        tus->error = ngx_sluice_spool_adopt(tus->spool, parts->safe,
                                            &parts->behind);
    }

    if (tus->error == 0 && parts->tail) {
        size = parts->safe + parts->tail;
        tus->error = ngx_sluice_spool_grow(tus->spool, size, size);
    }

    if (tus->error && ngx_sluice_spool_status(tus->error) != SLUICE_NO_SPACE) {
        ngx_log_error(NGX_LOG_CRIT, log, tus->error, "the file of upload %s",
                      tus->spool->id);
    }
}


static void
ngx_http_sluice_tus_store_locked(ngx_http_sluice_tus_t *tus)
{
    ngx_sluice_spool_t *spool = tus->spool;
    ngx_http_sluice_parts_t *parts = &tus->up;

    if (tus->method == NGX_HTTP_SLUICE_TUS_DELETE
        || (tus->lock.error == 0 && spool->durable)) {
        tus->opened(tus);
        return;
    }

    if (tus->lock.error == 0 && parts->mine
        && spool->size >= parts->safe + parts->tail) {

        if ((off_t) spool->sha256.bytes < parts->safe) {
            spool->sha256 = parts->behind; /* there is a hole before it */
        }

        tus->opened(tus);
        return;
    }

    (void) ngx_http_sluice_thread_wait(tus->request,
                                       ngx_http_sluice_tus_store_adopt,
                                       ngx_http_sluice_tus_store_adopted, tus);
}


/* What could not come here is where it was: nothing stays of it. */

static void
ngx_http_sluice_tus_store_give_up(ngx_http_sluice_tus_t *tus,
                                  sluice_status_t status)
{
    tus->spool->elsewhere = 1;
    ngx_http_sluice_tus_refuse(tus, status, NULL);
}


static void
ngx_http_sluice_tus_store_adopted(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    if (tus->error) {
        ngx_http_sluice_tus_store_give_up(tus,
                                          ngx_sluice_spool_status(tus->error));
        return;
    }

    if (tus->lock.error) {
        tus->lock.error = 0;
        ngx_http_sluice_tus_hold(tus);
    }

    if (tus->up.tail == 0) {
        tus->opened(tus);
        return;
    }

    ngx_http_sluice_parts_fetch(&tus->up, ngx_http_sluice_tus_store_fetched,
                                tus);
}


/* In a thread. A tail that is not what it was is none. */

static void
ngx_http_sluice_tus_store_join(void *data, ngx_log_t *log)
{
    ngx_http_sluice_tus_t *tus = data;
    ngx_http_sluice_parts_t *parts = &tus->up;

    tus->error = ngx_sluice_spool_adopt_tail(tus->spool, parts->tail,
                                             parts->tail_sha256);

    if (tus->error == 0 && tus->spool->size == parts->safe) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "the tail of upload %s is another: it has to come again",
                      tus->spool->id);
        parts->tail = 0;
    }
}


static void
ngx_http_sluice_tus_store_fetched(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    if (tus->up.status != SLUICE_OK) {
        ngx_http_sluice_tus_store_give_up(tus, tus->up.status);
        return;
    }

    (void) ngx_http_sluice_thread_wait(r, ngx_http_sluice_tus_store_join,
                                       ngx_http_sluice_tus_store_joined, tus);
}


static void
ngx_http_sluice_tus_store_joined(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_tus_t *tus = data;

    if (tus->error) {
        ngx_http_sluice_tus_store_give_up(tus,
                                          ngx_sluice_spool_status(tus->error));
        return;
    }

    tus->opened(tus);
}
