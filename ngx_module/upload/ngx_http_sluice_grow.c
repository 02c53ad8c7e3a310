/*
 * A body of unknown length is asked for step by step: what the record grants
 * counts for its user, and what the disk reserves is kept from others. At the
 * end of a request what was not used is given back.
 */

#include "ngx_http_sluice_grow.h"
#include "ngx_http_sluice_receive.h"

#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"

#include <jansson.h>


static void ngx_http_sluice_grow_reserved(ngx_http_request_t *r, void *data);


static ngx_sluice_pg_statement_t ngx_http_sluice_grow_statement = {
    "grow_upload",
    "select status, body from api.grow_upload($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_FINISH
};


ngx_int_t
ngx_http_sluice_grow(ngx_http_request_t *r, const char *id, off_t has,
                     off_t more, off_t length, ngx_http_sluice_row_pt handler,
                     void *data)
{
    json_t *args;

    args = json_pack("{s:s, s:I}", "id", id, "has", (json_int_t) has);

    if (more >= 0) {
        (void) json_object_set_new(args, "more",
                                   json_integer((json_int_t) more));
    }

    if (length >= 0) {
        (void) json_object_set_new(args, "length",
                                   json_integer((json_int_t) length));
    }

    return ngx_http_sluice_call(r, &ngx_http_sluice_grow_statement,
                                ngx_http_sluice_gate_access(r)->sub, args,
                                handler, data);
}


off_t
ngx_http_sluice_grow_granted(ngx_http_sluice_grow_t *grow,
                             const ngx_sluice_pg_result_t *result)
{
    off_t granted;
    json_t *body;
    const char *word;

    body = ngx_http_sluice_call_body(result);
    word = json_string_value(json_object_get(body, "problem"));
    granted = (off_t) json_integer_value(json_object_get(body, "granted"));

    grow->refused = body == NULL && result->status != SLUICE_OK ? result->status
                    : body == NULL ? SLUICE_INTERNAL
                    : word         ? status_from_word(word, ngx_strlen(word))
                                   : SLUICE_OK;
    json_decref(body);

    return grow->refused == SLUICE_OK ? granted : 0;
}


static void
ngx_http_sluice_grow_refuse(ngx_http_request_t *r, ngx_http_sluice_grow_t *grow)
{
    ngx_http_sluice_receive_go_on(r, grow->receive, 0,
                                  status_problem(grow->refused)->http);
}


/* In a thread. A disk that is too full is no fault of ours. */

static void
ngx_http_sluice_grow_reserve(void *data, ngx_log_t *log)
{
    ngx_http_sluice_grow_t *grow = data;
    ngx_sluice_spool_t *spool = grow->receive->spool;

    grow->error = ngx_sluice_spool_grow(spool, grow->wanted, grow->granted);

    if (grow->error
        && ngx_sluice_spool_status(grow->error) != SLUICE_NO_SPACE) {
        ngx_log_error(NGX_LOG_CRIT, log, grow->error,
                      "reserving for \"%s\" failed", spool->part);
    }
}


static void
ngx_http_sluice_grow_reserved(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_grow_t *grow = data;

    if (grow->error) {
        grow->refused = ngx_sluice_spool_status(grow->error);
        ngx_http_sluice_grow_refuse(r, grow);
        return;
    }

    ngx_http_sluice_receive_go_on(r, grow->receive,
                                  grow->receive->spool->reserved, NGX_OK);
}


static void
ngx_http_sluice_grow_answered(ngx_http_request_t *r, void *data,
                              const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_grow_t *grow = data;

    grow->granted = ngx_http_sluice_grow_granted(grow, result);

    if (grow->refused != SLUICE_OK) {
        ngx_http_sluice_grow_refuse(r, grow);
        return;
    }

    (void) ngx_http_sluice_thread_wait(r, ngx_http_sluice_grow_reserve,
                                       ngx_http_sluice_grow_reserved, grow);
}


void
ngx_http_sluice_grow_more(ngx_http_request_t *r, void *data, off_t wanted)
{
    ngx_int_t rc;
    ngx_http_sluice_grow_t *grow = data;

    grow->wanted = wanted;

    if (wanted <= grow->granted) {
        (void) ngx_http_sluice_thread_wait(r, ngx_http_sluice_grow_reserve,
                                           ngx_http_sluice_grow_reserved, grow);
        return;
    }

    /* the step begins at the last of the bytes that are there */

    rc = ngx_http_sluice_grow(r, grow->receive->spool->id, wanted - 1, -1, -1,
                              ngx_http_sluice_grow_answered, grow);
    ngx_http_sluice_finish(r, rc);
}
