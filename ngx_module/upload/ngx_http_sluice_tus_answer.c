/* What the files of tus ask, and what they answer. */

#include "ngx_http_sluice_tus.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/links/ngx_http_sluice_reply.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#include <jansson.h>


static ngx_int_t ngx_http_sluice_tus_headers(ngx_http_sluice_tus_t *tus);


ngx_int_t
ngx_http_sluice_tus_too_large(ngx_http_sluice_tus_t *tus)
{
    if (tus->conf->max_size
        && ngx_http_sluice_tus_say_size(tus->request, "Tus-Max-Size",
                                        tus->conf->max_size)
               != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_problem(tus->request, SLUICE_TOO_LARGE, NULL, NULL);
}


/* what the files share */

void
ngx_http_sluice_tus_thread(ngx_http_sluice_tus_t *tus,
                           void (*work)(void *data, ngx_log_t *log),
                           ngx_http_sluice_step_pt step)
{
    (void) ngx_http_sluice_thread_wait(tus->request, work, step, tus);
}


void
ngx_http_sluice_tus_query(ngx_http_sluice_tus_t *tus,
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

    ngx_http_sluice_tus_unlock(tus);
    ngx_http_sluice_finish(tus->request,
                           ngx_http_sluice_reply(tus->request, result, 0));

    return NULL;
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
                  { "title", &tus->ingest.label.title } };

    value = json_object_get(body, "length");
    tus->length = json_is_integer(value) ? (off_t) json_integer_value(value)
                                         : -1;

    value = json_object_get(body, "room");
    tus->room = json_is_integer(value) ? (off_t) json_integer_value(value) : -1;

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


/* the answers */

ngx_int_t
ngx_http_sluice_tus_say(ngx_http_request_t *r, const char *name,
                        const char *value)
{
    ngx_str_t text;

    text.data = (u_char *) value;
    text.len = ngx_strlen(value);

    return ngx_http_sluice_header(r, name, &text);
}


ngx_int_t
ngx_http_sluice_tus_say_size(ngx_http_request_t *r, const char *name,
                             off_t value)
{
    ngx_str_t text;

    text.data = ngx_pnalloc(r->pool, NGX_OFF_T_LEN);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    text.len = (size_t) (ngx_sprintf(text.data, "%O", value) - text.data);

    return ngx_http_sluice_header(r, name, &text);
}


void
ngx_http_sluice_tus_refuse(ngx_http_sluice_tus_t *tus, sluice_status_t status,
                           const char *detail)
{
    ngx_int_t rc;

    ngx_http_sluice_tus_unlock(tus);

    rc = status == SLUICE_TOO_LARGE
             ? ngx_http_sluice_tus_too_large(tus)
             : ngx_http_sluice_problem(tus->request, status, detail, NULL);
    ngx_http_sluice_finish(tus->request, rc);
}


void
ngx_http_sluice_tus_answer(ngx_http_sluice_tus_t *tus)
{
    ngx_uint_t status;
    ngx_str_t body = ngx_null_string;

    if (tus->goal != NGX_HTTP_SLUICE_TUS_DELETE
        && ngx_http_sluice_tus_headers(tus) != NGX_OK) {
        ngx_http_sluice_tus_refuse(tus, SLUICE_INTERNAL, NULL);
        return;
    }

    ngx_http_sluice_tus_unlock(tus);

    status = tus->goal == NGX_HTTP_SLUICE_TUS_CREATE ? NGX_HTTP_CREATED
             : tus->goal == NGX_HTTP_SLUICE_TUS_HEAD ? NGX_HTTP_OK
                                                     : NGX_HTTP_NO_CONTENT;

    ngx_http_sluice_finish(tus->request,
                           ngx_http_sluice_json(tus->request, status, &body));
}


static ngx_int_t
ngx_http_sluice_tus_headers(ngx_http_sluice_tus_t *tus)
{
    ngx_str_t date;
    ngx_http_request_t *r = tus->request;

    if (ngx_http_sluice_tus_say_size(r, "Upload-Offset",
                                     tus->done ? tus->length : tus->spool->size)
        != NGX_OK) {
        return NGX_ERROR;
    }

    date.data = ngx_pnalloc(r->pool, sizeof("Mon, 28 Sep 1970 06:00:00 GMT"));
    if (date.data == NULL) {
        return NGX_ERROR;
    }

    date.len = (size_t) (ngx_http_time(date.data, tus->expires) - date.data);

    if (ngx_http_sluice_header(r, "Upload-Expires", &date) != NGX_OK
        || (tus->media[0]
            && ngx_http_sluice_tus_say(r, "Sluice-Media", tus->media)
                   != NGX_OK)) {
        return NGX_ERROR;
    }

    if (tus->goal != NGX_HTTP_SLUICE_TUS_HEAD) {
        return NGX_OK;
    }

    if ((tus->length >= 0
             ? ngx_http_sluice_tus_say_size(r, "Upload-Length", tus->length)
             : ngx_http_sluice_tus_say(r, "Upload-Defer-Length", "1"))
            != NGX_OK
        || (tus->partial
            && ngx_http_sluice_tus_say(r, "Upload-Concat", "partial")
                   != NGX_OK)) {
        return NGX_ERROR;
    }

    return tus->metadata.len
               ? ngx_http_sluice_header(r, "Upload-Metadata", &tus->metadata)
               : NGX_OK;
}
