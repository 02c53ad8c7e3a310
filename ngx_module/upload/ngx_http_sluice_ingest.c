/* A file that is durable in the spool becomes a media file: one transaction
   with the media row and its first job, then a word to Redis. */

#include "ngx_http_sluice_ingest.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_notify.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/sha256.h"
#include "core/base/sniff.h"
#include "core/base/status.h"
#include "core/base/text.h"
#include "core/base/uuid.h"
#include "core/grant/grant_claims.h"

#include <jansson.h>


#define NGX_HTTP_SLUICE_TITLE_MAX 500 /* characters, as the record has */

#define NGX_HTTP_SLUICE_INGEST_ALL                            \
    (NGX_SLUICE_SPOOL_NAME_PART | NGX_SLUICE_SPOOL_NAME_STATE \
     | NGX_SLUICE_SPOOL_NAME_PATH)


const char *const ngx_http_sluice_label_args[NGX_HTTP_SLUICE_LABEL_ARGS] = {
    "score", "role", "position", "visibility", "language", "purpose"
};

static ngx_sluice_pg_statement_t ngx_http_sluice_ingest_statement = {
    "ingest",
    "select status, body from api.ingest($1::uuid, api.traced($2::jsonb))", 2,
    NGX_SLUICE_PG_KEEP
};


/* what it is called */

ngx_int_t
ngx_http_sluice_label_refuse(ngx_http_request_t *r, const char *field)
{
    const char *rule = NULL;

    if (ngx_strcmp(field, "filename") == 0) {
        rule = "A file name is 1 to 255 bytes of UTF-8 without control "
               "characters.";

    } else if (ngx_strcmp(field, "title") == 0) {
        rule = "A title is at most 500 characters of UTF-8 without control "
               "characters.";
    }

    return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID, rule, field);
}


static void
ngx_http_sluice_label_basename(ngx_str_t *path)
{
    u_char *p;

    for (p = path->data + path->len; p > path->data; p--) {
        if (p[-1] == '/' || p[-1] == '\\') {
            break;
        }
    }

    path->len -= (size_t) (p - path->data);
    path->data = p;
}


static ngx_uint_t
ngx_http_sluice_label_text(ngx_str_t *text)
{
    return text->len == 0
           || (text_is_clean((char *) text->data, text->len)
               && ngx_utf8_length(text->data, text->len)
                      <= NGX_HTTP_SLUICE_TITLE_MAX);
}


ngx_int_t
ngx_http_sluice_label_check(ngx_http_request_t *r,
                            ngx_http_sluice_label_t *label)
{
    ngx_uint_t i;
    ngx_str_t *name = &label->filename;

    ngx_http_sluice_label_basename(name);

    if (!grant_claims_filename((char *) name->data, name->len)) {
        return ngx_http_sluice_label_refuse(r, "filename");
    }

    if (!ngx_http_sluice_label_text(&label->title)) {
        return ngx_http_sluice_label_refuse(r, "title");
    }

    for (i = 0; i < NGX_HTTP_SLUICE_LABEL_ARGS; i++) {
        if (!ngx_http_sluice_label_text(&label->args[i])) {
            return ngx_http_sluice_label_refuse(r,
                                                ngx_http_sluice_label_args[i]);
        }
    }

    return NGX_DECLINED;
}


void
ngx_http_sluice_label_tell(const ngx_http_sluice_label_t *label, json_t *args)
{
    ngx_uint_t i;
    const ngx_str_t *value;

    for (i = 0; i < NGX_HTTP_SLUICE_LABEL_ARGS; i++) {
        value = &label->args[i];

        if (value->len) {
            (void) json_object_set_new(
                args, ngx_http_sluice_label_args[i],
                json_stringn((char *) value->data, value->len));
        }
    }
}


/* what becomes of it */

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

    if (ingest->status == NGX_HTTP_CREATED && !spool->read_only) {
        ngx_http_sluice_notify_wake(r, ingest->job);
    }

    if (ingest->status == NGX_HTTP_CREATED || ingest->status == NGX_HTTP_OK) {
        ours = ngx_strcmp(ingest->media, spool->id) == 0;
        spool->kept = ours;

        if (!ours || spool->stored) {
            ngx_sluice_spool_release(spool, NGX_HTTP_SLUICE_INGEST_ALL, 1);

        } else if (spool->resumable) {
            ngx_sluice_spool_release(spool, NGX_SLUICE_SPOOL_NAME_STATE, 0);
        }

        if (ingest->label.args[0].len == UUID_TEXT_LEN) {
            ngx_memcpy(ingest->media, ingest->label.args[0].data,
                       UUID_TEXT_LEN);
        }

    } else if (ingest->status) {
        ngx_sluice_spool_release(spool, NGX_HTTP_SLUICE_INGEST_ALL, 1);

    } else if (result->status != SLUICE_DATABASE_AWAY || !result->sent) {
        spool->kept = 0;
    }

    ingest->done(r, ingest, result);
}


ngx_int_t
ngx_http_sluice_ingest(ngx_http_request_t *r, ngx_http_sluice_ingest_t *ingest)
{
    char sha256[2 * SHA256_SIZE];
    json_t *args;
    ngx_int_t rc;
    media_kind_t kind;
    ngx_sluice_spool_t *spool = ingest->spool;
    ngx_http_sluice_label_t *label = &ingest->label;

    if (uuid_v7(ingest->job) != 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) ngx_hex_dump((u_char *) sha256, spool->digest, SHA256_SIZE);

    kind = media_kind_from_name((char *) label->filename.data,
                                label->filename.len);

    args = json_pack(
        "{s:s, s:s, s:s%, s:s%, s:I, s:s%, s:s}", "id", spool->id, "job",
        ingest->job, "filename", label->filename.data, label->filename.len,
        "title", label->title.len ? label->title.data : (u_char *) "",
        label->title.len, "bytes", (json_int_t) spool->size, "sha256", sha256,
        sizeof(sha256), "kind", media_kind_name(kind));

    ngx_http_sluice_label_tell(label, args);

    ngx_http_sluice_once_add(&ingest->once, args);

    if (spool->read_only) {
        (void) json_object_set_new(args, "again", json_true());
    }

    if (ingest->more) {
        (void) json_object_update(args, ingest->more);
    }

    rc = ngx_http_sluice_call(r, &ngx_http_sluice_ingest_statement,
                              ngx_http_sluice_gate_access(r)->sub, args,
                              ngx_http_sluice_ingest_done, ingest);

    /* from now on there may be a row for it, whatever becomes of the client */
    spool->kept = (rc == NGX_DONE);

    return rc;
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
