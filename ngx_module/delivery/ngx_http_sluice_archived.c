#include "ngx_http_sluice_archived.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_notify.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#include <jansson.h>


typedef struct {
    ngx_event_t ask;
    ngx_http_request_t *request;
    const char *class; /* as S3 calls it */
} ngx_http_sluice_archived_t;


static ngx_sluice_pg_statement_t ngx_http_sluice_archived_statement = {
    "restore_file",
    "select status, body from api.restore_file($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_KEEP
};


/* <Error><Code>InvalidObjectState</Code>…<StorageClass>GLACIER</StorageClass>;
   of Intelligent-Tiering <AccessTier>DEEP_ARCHIVE_ACCESS</AccessTier>. The
   beginning of the body comes with the header. */

static ngx_uint_t
ngx_http_sluice_archived_says(ngx_http_request_t *r, char *word)
{
    ngx_buf_t *b = &r->upstream->buffer;

    return b->pos
           && ngx_strnstr(b->pos, word, (size_t) (b->last - b->pos)) != NULL;
}


ngx_uint_t
ngx_http_sluice_archived(ngx_http_request_t *r)
{
    static char word[] = "InvalidObjectState";

    return r->headers_out.status == NGX_HTTP_FORBIDDEN
           && ngx_http_sluice_archived_says(r, word);
}


/* Who signed in, or whose link it is; or nobody that the record knows. */

static const char *
ngx_http_sluice_archived_whose(ngx_http_request_t *r, char id[UUID_TEXT_SIZE])
{
    ngx_http_sluice_gate_ctx_t *ctx;

    ctx = ngx_http_sluice_gate_find_ctx(r);

    if (ctx == NULL) {
        return "";
    }

    if (ctx->access.role != ROLE_NONE) {
        return ctx->access.sub;
    }

    if (!uuid_valid((char *) ctx->link_user.data, ctx->link_user.len)) {
        return "";
    }

    ngx_memcpy(id, ctx->link_user.data, UUID_TEXT_LEN);
    id[UUID_TEXT_LEN] = '\0';

    return id;
}


/* {"problem": "too-many", "detail": …, "retry_after": …} */

static ngx_int_t
ngx_http_sluice_archived_refuse(ngx_http_request_t *r, const json_t *body)
{
    const char *word;
    sluice_status_t status;
    ngx_http_sluice_more_t more;

    ngx_memzero(&more, sizeof(ngx_http_sluice_more_t));
    more.retry_after = json_integer_value(json_object_get(body, "retry_after"));

    word = json_string_value(json_object_get(body, "problem"));
    status = word ? status_from_word(word, ngx_strlen(word)) : SLUICE_INTERNAL;

    return ngx_http_sluice_problem_more(
        r, status, json_string_value(json_object_get(body, "detail")), NULL,
        &more);
}


static ngx_int_t
ngx_http_sluice_archived_tell(ngx_http_request_t *r, json_t *body)
{
    time_t seconds;

    seconds = json_integer_value(json_object_get(body, "retry_after"));
    (void) json_object_del(body, "retry_after");
    ngx_http_sluice_notify(r, body);

    return ngx_http_sluice_retry_after(r, seconds) == NGX_OK
               ? ngx_http_sluice_json_value(r, NGX_HTTP_ACCEPTED,
                                            json_incref(body))
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_sluice_archived_told(ngx_http_request_t *r, void *data,
                              const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_int_t rc;

    body = ngx_http_sluice_call_body(result);

    if (body == NULL) {
        rc = ngx_http_sluice_problem(
            r, result->status == SLUICE_OK ? SLUICE_INTERNAL : result->status,
            NULL, NULL);

    } else if (json_object_get(body, "problem")) {
        rc = ngx_http_sluice_archived_refuse(r, body);

    } else {
        rc = ngx_http_sluice_archived_tell(r, body);
    }

    json_decref(body);
    ngx_http_sluice_finish(r, rc);
}


/* nginx has let go of the bucket by now; nothing of what that said stays. */

static void
ngx_http_sluice_archived_ask(ngx_event_t *ev)
{
    ngx_http_sluice_archived_t *archived = ev->data;
    ngx_http_request_t *r = archived->request;
    ngx_connection_t *c = r->connection;

    json_t *args;
    char id[UUID_TEXT_SIZE];

    r->upstream = NULL;
    r->read_event_handler = ngx_http_test_reading;
    ngx_http_clean_header(r);

    args = json_pack("{s:s%, s:s}", "path", (char *) r->uri.data, r->uri.len,
                     "class", archived->class);

    ngx_http_sluice_finish(
        r, ngx_http_sluice_call(r, &ngx_http_sluice_archived_statement,
                                ngx_http_sluice_archived_whose(r, id), args,
                                ngx_http_sluice_archived_told, NULL));
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sluice_archived_forget(void *data)
{
    ngx_http_sluice_archived_t *archived = data;

    if (archived->ask.posted) {
        ngx_delete_posted_event(&archived->ask);
    }
}


/* 202 is more than NGX_OK, so that nginx is done with the bucket; and none that
   it would answer by itself. The request goes on, since it is counted. */

ngx_int_t
ngx_http_sluice_archived_answer(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t *cleanup;
    ngx_http_sluice_archived_t *archived;
    static char deep[] = "DEEP_ARCHIVE";

    cleanup = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_sluice_archived_t));
    if (cleanup == NULL) {
        return NGX_ERROR;
    }

    archived = cleanup->data;
    ngx_memzero(archived, sizeof(ngx_http_sluice_archived_t));

    archived->request = r;
    archived->class = ngx_http_sluice_archived_says(r, deep) ? deep : "GLACIER";
    archived->ask.data = archived;
    archived->ask.handler = ngx_http_sluice_archived_ask;
    archived->ask.log = r->connection->log;
    cleanup->handler = ngx_http_sluice_archived_forget;

    r->main->count++;
    ngx_post_event(&archived->ask, &ngx_posted_events);

    return NGX_HTTP_ACCEPTED;
}
