#include "ngx_http_sluice_tus_record.h"

#include "ngx_http_sluice_hold.h"
#include "ngx_http_sluice_receive.h"
#include "ngx_http_sluice_tus_headers.h"
#include "ngx_http_sluice_tus_internal.h"
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


static void ngx_http_sluice_tus_lock_done(ngx_http_request_t *r, void *data);


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
    tus->stored = json_is_true(json_object_get(body, "stored")) ? 1 : 0;
    tus->up.turn = json_integer_value(json_object_get(body, "turn"));

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
