/* A file that is durable in the spool becomes a media file: one transaction
   with the media row and its first job, then a word to Redis. */

#include "ngx_http_sluice_upload.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/bridge/ngx_sluice_redis.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/sha256.h"
#include "core/base/sniff.h"
#include "core/base/status.h"
#include "core/base/text.h"
#include "core/base/uuid.h"

#include <jansson.h>


#define NGX_HTTP_SLUICE_STREAM "sluice:jobs"
#define NGX_HTTP_SLUICE_STREAM_MAX "100000"


const char *const ngx_http_sluice_parts[NGX_HTTP_SLUICE_PARTS] = { "score",
                                                                   "role",
                                                                   "position" };

static ngx_sluice_pg_statement_t ngx_http_sluice_create_media = {
    "ingest",
    "select status, body from api.ingest($1::uuid, $2::jsonb)", 2, 1
};


static void ngx_http_sluice_ingest_done(ngx_http_request_t *r, void *data,
                                        const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_ingest_result(ngx_http_sluice_ingest_t *ingest,
                                          const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_ingest_announce(ngx_http_request_t *r,
                                            ngx_http_sluice_ingest_t *ingest);


ngx_int_t
ngx_http_sluice_ingest(ngx_http_request_t *r, ngx_http_sluice_ingest_t *ingest)
{
    char sha256[2 * SHA256_SIZE];
    json_t *args;
    ngx_int_t rc;
    media_kind_t kind;
    ngx_sluice_spool_t *spool = ingest->spool;

    if (uuid_v7(ingest->job) != 0) {
        json_decref(ingest->upload);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) ngx_hex_dump((u_char *) sha256, spool->digest, SHA256_SIZE);

    kind = media_kind_from_name((char *) ingest->filename.data,
                                ingest->filename.len);

    args = json_pack(
        "{s:s, s:s, s:s%, s:s%, s:I, s:s%, s:s}", "id", spool->id, "job",
        ingest->job, "filename", ingest->filename.data, ingest->filename.len,
        "title", ingest->title.len ? ingest->title.data : (u_char *) "",
        ingest->title.len, "bytes", (json_int_t) spool->size, "sha256", sha256,
        sizeof(sha256), "kind", media_kind_name(kind));

    ngx_http_sluice_ingest_part(ingest, args);

    if (ingest->upload) {
        (void) json_object_update(args, ingest->upload);
        json_decref(ingest->upload);
    }

    rc = ngx_http_sluice_call(r, &ngx_http_sluice_create_media,
                              ngx_http_sluice_gate_access(r)->sub, args,
                              ngx_http_sluice_ingest_done, ingest);

    /* from now on there may be a row for it, whatever becomes of the client */
    spool->kept = (rc == NGX_DONE);

    return rc;
}


void
ngx_http_sluice_ingest_part(const ngx_http_sluice_ingest_t *ingest,
                            json_t *args)
{
    ngx_uint_t i;
    const ngx_str_t *part = ingest->part;

    for (i = 0; i < NGX_HTTP_SLUICE_PARTS && part[0].len; i++) {
        (void) json_object_set_new(
            args, ngx_http_sluice_parts[i],
            json_stringn((char *) part[i].data, part[i].len));
    }
}


/* A resumable one whose row is not known stays as it is: whoever comes next
   asks again. */

static void
ngx_http_sluice_ingest_done(ngx_http_request_t *r, void *data,
                            const ngx_sluice_pg_result_t *result)
{
    ngx_uint_t ours;
    ngx_sluice_spool_t *spool;
    ngx_http_sluice_ingest_t *ingest = data;

    spool = ingest->spool;
    ngx_http_sluice_ingest_result(ingest, result);

    if (ingest->status == NGX_HTTP_CREATED) {
        ngx_http_sluice_ingest_announce(r, ingest);
    }

    if (ingest->status == NGX_HTTP_CREATED || ingest->status == NGX_HTTP_OK) {
        ours = ngx_strcmp(ingest->media, spool->id) == 0;
        spool->kept = ours;
        ngx_sluice_spool_remove(spool, !ours);

        if (ingest->part[0].len == UUID_TEXT_LEN) {
            ngx_memcpy(ingest->media, ingest->part[0].data, UUID_TEXT_LEN);
        }

    } else if (ingest->status) {
        ngx_sluice_spool_remove(spool, 1);

    } else if (result->status != SLUICE_DATABASE_AWAY || !result->sent) {
        spool->kept = 0;
    }

    ingest->done(r, ingest, result);
}


static void
ngx_http_sluice_ingest_result(ngx_http_sluice_ingest_t *ingest,
                              const ngx_sluice_pg_result_t *result)
{
    json_t *body;
    ngx_int_t status;
    ngx_str_t value;
    const char *media;

    ingest->status = 0;

    if (result->status != SLUICE_OK
        || ngx_sluice_pg_value(result, 0, 0, &value) != NGX_OK
        || (status = ngx_atoi(value.data, value.len)) == NGX_ERROR) {
        return;
    }

    if (status >= NGX_HTTP_BAD_REQUEST) {
        ingest->status = (ngx_uint_t) status;
        return;
    }

    body = ngx_http_sluice_call_body(result);
    media = json_string_value(json_object_get(body, "id"));

    if (media && uuid_valid(media, ngx_strlen(media))) {
        ngx_memcpy(ingest->media, media, UUID_TEXT_SIZE);
        ingest->status = (ngx_uint_t) status;
    }

    json_decref(body);
}


/* XADD sluice:jobs MAXLEN ~ 100000 * v 1 id <job>; best effort, since the
   worker announces again what nobody took */

static void
ngx_http_sluice_ingest_announce(ngx_http_request_t *r,
                                ngx_http_sluice_ingest_t *ingest)
{
    ngx_http_sluice_main_conf_t *smcf;

    ngx_str_t argv[] = { ngx_string("XADD"),
                         ngx_string(NGX_HTTP_SLUICE_STREAM),
                         ngx_string("MAXLEN"),
                         ngx_string("~"),
                         ngx_string(NGX_HTTP_SLUICE_STREAM_MAX),
                         ngx_string("*"),
                         ngx_string("v"),
                         ngx_string("1"),
                         ngx_string("id"),
                         { UUID_TEXT_LEN, (u_char *) ingest->job } };

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    if (smcf->redis) {
        (void) ngx_sluice_redis_command(smcf->redis,
                                        sizeof(argv) / sizeof(argv[0]), argv,
                                        NULL, NULL, NULL);
    }
}


ngx_int_t
ngx_http_sluice_filename(ngx_str_t *name)
{
    u_char *p;
    size_t i;

    for (p = name->data + name->len; p > name->data; p--) {
        if (p[-1] == '/' || p[-1] == '\\') {
            break;
        }
    }

    name->len -= (size_t) (p - name->data);
    name->data = p;

    for (i = 0; i < name->len; i++) {
        if (p[i] < 0x20 || p[i] == 0x7f) {
            return NGX_DECLINED;
        }
    }

    return name->len == 0 || name->len > NGX_HTTP_SLUICE_FILENAME_MAX
                   || !text_is_utf8((char *) name->data, name->len)
               ? NGX_DECLINED
               : NGX_OK;
}


ngx_int_t
ngx_http_sluice_title(ngx_str_t *title)
{
    size_t i;

    for (i = 0; i < title->len; i++) {
        if (title->data[i] < 0x20 || title->data[i] == 0x7f) {
            return NGX_DECLINED;
        }
    }

    return title->len
                   && (ngx_utf8_length(title->data, title->len)
                           > NGX_HTTP_SLUICE_TITLE_MAX
                       || !text_is_utf8((char *) title->data, title->len))
               ? NGX_DECLINED
               : NGX_OK;
}


ngx_int_t
ngx_http_sluice_location(ngx_http_request_t *r, const char *path,
                         const char *id)
{
    ngx_str_t value;

    value.len = ngx_strlen(path) + UUID_TEXT_LEN;
    value.data = ngx_pnalloc(r->pool, value.len);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(value.data, "%s%s", path, id);

    return ngx_http_sluice_header(r, "Location", &value);
}
