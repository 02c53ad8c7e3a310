/*
 * A file begins in the spool, and what it needs to become as long as announced
 * is its own from then on. Where space is short, some of what expired uploads
 * have left goes first.
 */

#include "ngx_http_sluice_upload.h"


static void ngx_http_sluice_begin_work(void *data, ngx_log_t *log);
static void ngx_http_sluice_begun(ngx_http_request_t *r, void *data);
static void ngx_http_sluice_begin_clear(ngx_http_request_t *r, void *data,
                                        const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_begin_expired(ngx_http_sluice_begin_t *begin,
                                          const ngx_sluice_pg_result_t *result);


static ngx_sluice_pg_statement_t ngx_http_sluice_clear_uploads = {
    "clear_uploads",
    "select status, body from api.clear_uploads($1::uuid, $2::jsonb)", 2, 0
};


void
ngx_http_sluice_begin(ngx_http_request_t *r, ngx_http_sluice_begin_t *begin)
{
    begin->nexpired = 0;
    begin->cleared = 0;

    (void) ngx_http_sluice_thread_wait(r, ngx_http_sluice_begin_work,
                                       ngx_http_sluice_begun, begin);
}


/* In a thread. A disk that is too full is no fault of ours. */

static void
ngx_http_sluice_begin_work(void *data, ngx_log_t *log)
{
    ngx_uint_t i;
    ngx_http_sluice_begin_t *begin = data;

    for (i = 0; i < begin->nexpired; i++) {
        /* a request that has lasted for a day may be at it */
        ngx_sluice_spool_clear(&begin->conf->spool, begin->expired[i]);
    }

    begin->error = ngx_sluice_spool_begin(
        begin->spool, begin->length >= 0 ? begin->length : 1,
        begin->conf->keep_free);

    if (begin->error
        && ngx_http_sluice_spool_status(begin->error) != SLUICE_NO_SPACE) {
        ngx_log_error(NGX_LOG_CRIT, log, begin->error, "making \"%s\" failed",
                      begin->spool->part);
    }
}


static void
ngx_http_sluice_begun(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_begin_t *begin = data;

    if (ngx_http_sluice_spool_status(begin->error) == SLUICE_NO_SPACE
        && !begin->cleared) {
        begin->cleared = 1;
        ngx_http_sluice_finish(
            r, ngx_http_sluice_api_submit(r, &ngx_http_sluice_clear_uploads,
                                          json_object(),
                                          ngx_http_sluice_begin_clear, begin));
        return;
    }

    begin->done(r, begin->data);
}


static void
ngx_http_sluice_begin_clear(ngx_http_request_t *r, void *data,
                            const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_begin_t *begin = data;

    ngx_http_sluice_begin_expired(begin, result);

    if (begin->nexpired == 0) {
        begin->done(r, begin->data);
        return;
    }

    (void) ngx_http_sluice_thread_wait(r, ngx_http_sluice_begin_work,
                                       ngx_http_sluice_begun, begin);
}


static void
ngx_http_sluice_begin_expired(ngx_http_sluice_begin_t *begin,
                              const ngx_sluice_pg_result_t *result)
{
    size_t i;
    json_t *body, *item;
    const char *id;

    body = ngx_http_sluice_api_body(result);

    json_array_foreach(json_object_get(body, "expired"), i, item)
    {
        id = json_string_value(item);

        if (id && uuid_valid(id, ngx_strlen(id))
            && begin->nexpired < NGX_HTTP_SLUICE_EXPIRED_MAX) {
            ngx_memcpy(begin->expired[begin->nexpired++], id, UUID_TEXT_SIZE);
        }
    }

    json_decref(body);
}
