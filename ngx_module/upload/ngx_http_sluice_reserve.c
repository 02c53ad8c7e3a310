/*
 * A file begins in the spool, and what it needs to become as long as announced
 * is its own from then on. Where space is short, some of what expired uploads
 * have left goes first.
 */

#include "ngx_http_sluice_reserve.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#include <jansson.h>


static void ngx_http_sluice_reserved(ngx_http_request_t *r, void *data);


static ngx_sluice_pg_statement_t ngx_http_sluice_clear_uploads = {
    "clear_uploads",
    "select status, body from api.clear_uploads($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_STOP
};


/* In a thread. A disk that is too full is no fault of ours. */

static void
ngx_http_sluice_reserve_work(void *data, ngx_log_t *log)
{
    ngx_uint_t i;
    ngx_http_sluice_reserve_t *reserve = data;

    for (i = 0; i < reserve->nexpired; i++) {
        /* a request that has lasted for a day may be at it */
        ngx_sluice_spool_clear(&reserve->conf->place->folder,
                               reserve->expired[i]);
    }

    reserve->error = ngx_sluice_spool_reserve(reserve->spool, reserve->least,
                                              reserve->length);

    if (reserve->error
        && ngx_sluice_spool_status(reserve->error) != SLUICE_NO_SPACE) {
        ngx_log_error(NGX_LOG_CRIT, log, reserve->error, "making \"%s\" failed",
                      reserve->spool->part);
    }
}


void
ngx_http_sluice_reserve(ngx_http_request_t *r,
                        ngx_http_sluice_reserve_t *reserve)
{
    reserve->nexpired = 0;
    reserve->cleared = 0;

    (void) ngx_http_sluice_thread_wait(r, ngx_http_sluice_reserve_work,
                                       ngx_http_sluice_reserved, reserve);
}


static void
ngx_http_sluice_reserve_expired(ngx_http_sluice_reserve_t *reserve,
                                const ngx_sluice_pg_result_t *result)
{
    size_t i;
    json_t *body, *item;
    const char *id;

    body = ngx_http_sluice_call_body(result);

    json_array_foreach(json_object_get(body, "expired"), i, item)
    {
        id = json_string_value(item);

        if (id && uuid_valid(id, ngx_strlen(id))
            && reserve->nexpired < NGX_HTTP_SLUICE_EXPIRED_MAX) {
            ngx_memcpy(reserve->expired[reserve->nexpired++], id,
                       UUID_TEXT_SIZE);
        }
    }

    json_decref(body);
}


static void
ngx_http_sluice_reserve_clear(ngx_http_request_t *r, void *data,
                              const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_reserve_t *reserve = data;

    ngx_http_sluice_reserve_expired(reserve, result);

    if (reserve->nexpired == 0) {
        reserve->done(r, reserve->data);
        return;
    }

    (void) ngx_http_sluice_thread_wait(r, ngx_http_sluice_reserve_work,
                                       ngx_http_sluice_reserved, reserve);
}


static void
ngx_http_sluice_reserved(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_reserve_t *reserve = data;

    if (ngx_sluice_spool_status(reserve->error) == SLUICE_NO_SPACE
        && !reserve->cleared) {
        reserve->cleared = 1;
        ngx_http_sluice_finish(
            r, ngx_http_sluice_call(r, &ngx_http_sluice_clear_uploads,
                                    ngx_http_sluice_gate_access(r)->sub,
                                    json_object(),
                                    ngx_http_sluice_reserve_clear, reserve));
        return;
    }

    reserve->done(r, reserve->data);
}
