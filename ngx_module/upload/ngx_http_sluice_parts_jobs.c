/* What threads ask of the bucket for an upload. Each has all that it needs: the
   request may go meanwhile, and then its file may, too. */

#define _GNU_SOURCE /* fallocate */

#include "ngx_http_sluice_parts.h"
#include "ngx_http_sluice_parts_internal.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice_whose.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "ngx_module/store/ngx_http_sluice_store_lane.h"
#include "core/base/sha256.h"
#include "core/base/status.h"
#include "core/bucket/bucket_parts.h"

#include <fcntl.h>
#include <jansson.h>


#define NGX_HTTP_SLUICE_PARTS_TYPE "application/octet-stream"
#define NGX_HTTP_SLUICE_PARTS_READ 65536


typedef void (*ngx_http_sluice_parts_done_pt)(ngx_http_sluice_parts_t *parts,
                                              ngx_http_sluice_parts_job_t *job);

struct ngx_http_sluice_parts_job_s {
    ngx_http_sluice_store_job_t ask;
    ngx_http_sluice_parts_t *parts; /* NULL: the request has gone */
    ngx_http_sluice_parts_done_pt done;

    char id[UUID_TEXT_SIZE];
    char name[NGX_HTTP_SLUICE_PARTS_NAME]; /* in the bucket */
    char multipart[BUCKET_UPLOAD_SIZE];
    char *path; /* here */
    off_t from, size;
    sha256_t behind;
    bucket_part_t part;
    bucket_part_t *all;
    unsigned count;

    /* of a tail: whom the record hears of it from */
    ngx_sluice_pg_t *database;
    const ngx_sluice_spool_place_t *place;
    char actor[UUID_TEXT_SIZE];
    json_t *args;

    unsigned discard : 1; /* nobody wants what is asked for any more */
    unsigned begins : 1;
    unsigned again : 1;   /* an earlier request may have left a tail */
    unsigned fetches : 1; /* what is not there is not missed */
};


static ngx_sluice_pg_statement_t ngx_http_sluice_set_tail = {
    "set_tail", "select status, body from api.set_tail($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_KEEP
};


static ngx_sluice_pg_statement_t ngx_http_sluice_end_turn = {
    "end_turn", "select status, body from api.renew_turn($1::uuid, $2::jsonb)",
    2, NGX_SLUICE_PG_KEEP
};


static void
ngx_http_sluice_parts_job_free(ngx_http_sluice_parts_job_t *job)
{
    ngx_free(job->path);
    ngx_free(job->all);
    json_decref(job->args);
    ngx_free(job);
}


json_t *
ngx_http_sluice_parts_args(const ngx_http_sluice_parts_t *parts)
{
    return json_pack("{s:s, s:s, s:I}", "id", parts->spool->id, "node",
                     parts->spool->place->node, "turn", parts->turn);
}


/* The record has heard of it: nothing here is needed any more. */

static void
ngx_http_sluice_parts_tail_told(void *data,
                                const ngx_sluice_pg_result_t *result)
{
    ngx_str_t status;
    ngx_http_sluice_parts_job_t *job = data;

    if (job->ask.rc == BUCKET_OK && result->status == SLUICE_OK
        && ngx_sluice_pg_value(result, 0, 0, &status) == NGX_OK
        && ngx_atoi(status.data, status.len) < NGX_HTTP_SPECIAL_RESPONSE) {
        ngx_sluice_spool_clear_soon(job->place, job->id);
    }

    ngx_http_sluice_parts_job_free(job);
}


/* Nobody waits for it. The turn is over, with a tail or without; the record,
   too, says where it is none any more. */

static void
ngx_http_sluice_parts_tell_tail(ngx_http_sluice_parts_job_t *job)
{
    char *text;
    ngx_str_t params[2];
    sluice_status_t status = SLUICE_INTERNAL;
    ngx_sluice_pg_query_t *query;

    if (job->ask.rc != BUCKET_OK) {
        (void) json_object_set_new(job->args, "over", json_true());
    }

    text = json_dumps(job->args, JSON_COMPACT);

    if (text) {
        params[0].data = (u_char *) job->actor;
        params[0].len = UUID_TEXT_LEN;
        params[1].data = (u_char *) text;
        params[1].len = ngx_strlen(text);

        status = ngx_sluice_pg_query(
            job->database, ngx_http_sluice_whose_user(job->actor),
            job->ask.rc == BUCKET_OK ? &ngx_http_sluice_set_tail
                                     : &ngx_http_sluice_end_turn,
            params, ngx_http_sluice_parts_tail_told, job, &query);
        free(text);
    }

    if (status != SLUICE_OK) {
        ngx_http_sluice_parts_job_free(job);
    }
}


/* The bucket has answered. */

static void
ngx_http_sluice_parts_asked(void *data)
{
    ngx_http_sluice_parts_job_t *job = data;
    ngx_http_sluice_parts_t *parts = job->parts;

    if (parts == NULL) {
        if (job->args) {
            ngx_http_sluice_parts_tell_tail(job);
            return;
        }

        if (job->discard) {
            ngx_http_sluice_parts_discard(job->id, job->multipart);

        } else if (job->begins && job->multipart[0]) {
            ngx_http_sluice_parts_abort(job->id, job->multipart);
        }

        ngx_http_sluice_parts_job_free(job);
        return;
    }

    parts->job = NULL;

    if (job->ask.rc == BUCKET_OK
        || (job->fetches
            && (job->ask.rc == BUCKET_MISSING
                || job->ask.rc == BUCKET_WRONG))) {
        job->done(parts, job);

    } else {
        parts->status = job->ask.rc == BUCKET_WRONG ? SLUICE_INTERNAL
                                                    : SLUICE_STORE_AWAY;
    }

    ngx_http_sluice_parts_job_free(job);
    parts->ways->came(parts);
}


static ngx_http_sluice_parts_job_t *
ngx_http_sluice_parts_job(const char *id, const char *multipart,
                          bucket_rc_t (*work)(void *data, bucket_t *bucket))
{
    ngx_http_sluice_parts_job_t *job;

    job = ngx_calloc(sizeof(ngx_http_sluice_parts_job_t), ngx_cycle->log);

    if (job) {
        job->ask.work = work;
        job->ask.done = ngx_http_sluice_parts_asked;
        job->ask.data = job;
        ngx_memcpy(job->id, id, UUID_TEXT_SIZE);
        (void) ngx_sprintf((u_char *) job->name, "spool/%s%Z", id);
        (void) ngx_cpystrn((u_char *) job->multipart, (u_char *) multipart,
                           sizeof(job->multipart));
    }

    return job;
}


/* For a request. */

static void
ngx_http_sluice_parts_post(ngx_http_sluice_parts_t *parts,
                           ngx_http_sluice_parts_job_t *job,
                           ngx_http_sluice_parts_done_pt done)
{
    if (job == NULL) {
        parts->status = SLUICE_INTERNAL;
        return;
    }

    job->parts = parts;
    job->done = done;
    job->again = parts->turn > 0;

    if (ngx_http_sluice_store_post(&job->ask) != NGX_OK) {
        parts->status = SLUICE_BUSY;
        ngx_http_sluice_parts_job_free(job);
        return;
    }

    parts->job = job;
}


/* The same with the file, whose bytes from `safe` on are meant. */

static void
ngx_http_sluice_parts_post_file(ngx_http_sluice_parts_t *parts,
                                ngx_http_sluice_parts_job_t *job, off_t size,
                                ngx_http_sluice_parts_done_pt done)
{
    size_t len = ngx_strlen(parts->spool->part) + 1;

    if (job) {
        job->from = parts->safe;
        job->size = size;
        job->path = ngx_alloc(len, ngx_cycle->log);

        if (job->path == NULL) {
            ngx_http_sluice_parts_job_free(job);
            job = NULL;

        } else {
            ngx_memcpy(job->path, parts->spool->part, len);
        }
    }

    ngx_http_sluice_parts_post(parts, job, done);
}


void
ngx_http_sluice_parts_leave(ngx_http_sluice_parts_t *parts)
{
    parts->job->parts = NULL;
    parts->job->discard = parts->left;
    parts->job = NULL;
}


/* it begins */

static bucket_rc_t
ngx_http_sluice_parts_begin_work(void *data, bucket_t *bucket)
{
    ngx_http_sluice_parts_job_t *job = data;

    return bucket_parts_begin(bucket, job->name, NGX_HTTP_SLUICE_PARTS_TYPE,
                              job->multipart);
}


static void
ngx_http_sluice_parts_begin_done(ngx_http_sluice_parts_t *parts,
                                 ngx_http_sluice_parts_job_t *job)
{
    ngx_memcpy(parts->multipart, job->multipart, sizeof(parts->multipart));
    parts->ways->begun(parts);
}


void
ngx_http_sluice_parts_ask_begin(ngx_http_sluice_parts_t *parts)
{
    ngx_http_sluice_parts_job_t *job;

    job = ngx_http_sluice_parts_job(parts->spool->id, "",
                                    ngx_http_sluice_parts_begin_work);
    if (job) {
        job->begins = 1;
    }

    ngx_http_sluice_parts_post(parts, job, ngx_http_sluice_parts_begin_done);
}


/* a part */

/* What is safe gives its space back first: it is in the record. */

static bucket_rc_t
ngx_http_sluice_parts_put_work(void *data, bucket_t *bucket)
{
    int fd;
    bucket_rc_t rc;
    ngx_http_sluice_parts_job_t *job = data;

    fd = open(job->path, O_RDWR | O_CLOEXEC);
    if (fd == -1) {
        return BUCKET_WRONG;
    }

    if (job->from > 0) {
        (void) fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                         job->from);
    }

    rc = bucket_parts_put(bucket, job->name, job->multipart, job->part.number,
                          fd, (uint64_t) job->from, (uint64_t) job->size,
                          &job->behind, &job->part);
    (void) close(fd);

    return rc;
}


static void
ngx_http_sluice_parts_put_done(ngx_http_sluice_parts_t *parts,
                               ngx_http_sluice_parts_job_t *job)
{
    parts->ways->put(parts, &job->part, &job->behind);
}


void
ngx_http_sluice_parts_ask_part(ngx_http_sluice_parts_t *parts)
{
    off_t size = (off_t) bucket_part_size(parts->number + 1);
    ngx_http_sluice_parts_job_t *job;

    if (parts->number == BUCKET_PARTS_MAX) {
        parts->status = SLUICE_TOO_LARGE;
        return;
    }

    job = ngx_http_sluice_parts_job(parts->spool->id, parts->multipart,
                                    ngx_http_sluice_parts_put_work);
    if (job) {
        job->part.number = parts->number + 1;
        job->behind = parts->behind;
    }

    ngx_http_sluice_parts_post_file(parts, job,
                                    ngx_min(size, parts->here - parts->safe),
                                    ngx_http_sluice_parts_put_done);
}


/* a file that is small */

/* What was beside the parts is in the file, or is nothing. */

static void
ngx_http_sluice_parts_drop_tail(ngx_http_sluice_parts_job_t *job,
                                bucket_t *bucket)
{
    char tail[NGX_HTTP_SLUICE_PARTS_NAME];

    if (job->again) {
        (void) ngx_sprintf((u_char *) tail, "%s.tail%Z", job->name);
        (void) bucket_remove(bucket, tail);
    }
}


static bucket_rc_t
ngx_http_sluice_parts_whole_work(void *data, bucket_t *bucket)
{
    int fd;
    bucket_rc_t rc;
    ngx_http_sluice_parts_job_t *job = data;

    fd = open(job->path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        return BUCKET_WRONG;
    }

    rc = bucket_put(bucket, job->name, NGX_HTTP_SLUICE_PARTS_TYPE, fd, 0,
                    (uint64_t) job->size);
    (void) close(fd);

    if (rc == BUCKET_OK) {
        ngx_http_sluice_parts_drop_tail(job, bucket);
    }

    return rc;
}


static void
ngx_http_sluice_parts_whole_done(ngx_http_sluice_parts_t *parts,
                                 ngx_http_sluice_parts_job_t *job)
{
    parts->complete = 1;
}


void
ngx_http_sluice_parts_ask_whole(ngx_http_sluice_parts_t *parts)
{
    ngx_http_sluice_parts_post_file(
        parts,
        ngx_http_sluice_parts_job(parts->spool->id, "",
                                  ngx_http_sluice_parts_whole_work),
        parts->here, ngx_http_sluice_parts_whole_done);
}


/* what is behind the parts */

/* Its digest goes along, and tells it from one of another time. */

static ngx_int_t
ngx_http_sluice_parts_tail_sum(ngx_http_sluice_parts_job_t *job, int fd)
{
    u_char *buf, digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    off_t done;
    ssize_t n = 1;
    sha256_t sum;

    buf = malloc(NGX_HTTP_SLUICE_PARTS_READ);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    sha256_init(&sum);

    for (done = 0; done < job->size && n > 0; done += n) {
        n = pread(
            fd, buf,
            (size_t) ngx_min(job->size - done, NGX_HTTP_SLUICE_PARTS_READ),
            job->from + done);
        sha256_update(&sum, buf, n > 0 ? (size_t) n : 0);
    }

    free(buf);
    sha256_digest(&sum, digest);
    sha256_hex(digest, hex);

    return n > 0
                   && json_object_set_new(job->args, "sha256", json_string(hex))
                          == 0
               ? NGX_OK
               : NGX_ERROR;
}


static bucket_rc_t
ngx_http_sluice_parts_tail_work(void *data, bucket_t *bucket)
{
    int fd;
    bucket_rc_t rc = BUCKET_WRONG;
    ngx_http_sluice_parts_job_t *job = data;

    fd = open(job->path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        return BUCKET_WRONG;
    }

    if (ngx_http_sluice_parts_tail_sum(job, fd) == NGX_OK) {
        rc = bucket_put(bucket, job->name, NGX_HTTP_SLUICE_PARTS_TYPE, fd,
                        (uint64_t) job->from, (uint64_t) job->size);
    }

    (void) close(fd);

    return rc;
}


static void
ngx_http_sluice_parts_tail_done(ngx_http_sluice_parts_t *parts,
                                ngx_http_sluice_parts_job_t *job)
{
    parts->ways->tailed(parts, json_incref(job->args));
}


static ngx_http_sluice_parts_job_t *
ngx_http_sluice_parts_tail_job(ngx_http_sluice_parts_t *parts,
                               bucket_rc_t (*work)(void *data,
                                                   bucket_t *bucket))
{
    ngx_http_sluice_parts_job_t *job;

    job = ngx_http_sluice_parts_job(parts->spool->id, "", work);

    if (job) {
        (void) ngx_sprintf((u_char *) job->name, "spool/%s.tail%Z", job->id);
    }

    return job;
}


void
ngx_http_sluice_parts_ask_tail(ngx_http_sluice_parts_t *parts, ngx_uint_t waits)
{
    off_t size = parts->here - parts->safe;
    ngx_http_sluice_parts_job_t *job;

    job = ngx_http_sluice_parts_tail_job(parts,
                                         ngx_http_sluice_parts_tail_work);
    if (job) {
        job->database = parts->database;
        job->place = parts->spool->place;
        ngx_memcpy(job->actor, parts->actor, UUID_TEXT_SIZE);
        job->args = ngx_http_sluice_parts_args(parts);
        (void) json_object_update_new(
            job->args, json_pack("{s:I, s:I}", "tail", (json_int_t) size,
                                 "parts", (json_int_t) parts->number));
    }

    ngx_http_sluice_parts_post_file(parts, job, size,
                                    ngx_http_sluice_parts_tail_done);

    if (!waits && parts->job) {
        parts->job->parts = NULL;
        parts->job = NULL;
        parts->handed = 1;
    }
}


static bucket_rc_t
ngx_http_sluice_parts_fetch_work(void *data, bucket_t *bucket)
{
    int fd;
    bucket_rc_t rc;
    ngx_http_sluice_parts_job_t *job = data;

    fd = open(job->path, O_WRONLY | O_CLOEXEC);
    if (fd == -1) {
        return BUCKET_WRONG;
    }

    rc = bucket_get_to(bucket, job->name, 0, (uint64_t) job->size, fd,
                       (uint64_t) job->from);
    (void) close(fd);

    return rc;
}


static void
ngx_http_sluice_parts_fetch_done(ngx_http_sluice_parts_t *parts,
                                 ngx_http_sluice_parts_job_t *job)
{
    parts->rested = 1;
}


void
ngx_http_sluice_parts_ask_fetch(ngx_http_sluice_parts_t *parts)
{
    ngx_http_sluice_parts_job_t *job;

    job = ngx_http_sluice_parts_tail_job(parts,
                                         ngx_http_sluice_parts_fetch_work);
    if (job) {
        job->fetches = 1;
    }

    ngx_http_sluice_parts_post_file(parts, job, parts->tail,
                                    ngx_http_sluice_parts_fetch_done);
}


/* all of its parts */

static bucket_rc_t
ngx_http_sluice_parts_complete_work(void *data, bucket_t *bucket)
{
    ngx_http_sluice_parts_job_t *job = data;

    bucket_rc_t rc;

    rc = bucket_parts_complete(bucket, job->name, job->multipart, job->all,
                               job->count);
    if (rc == BUCKET_OK) {
        ngx_http_sluice_parts_drop_tail(job, bucket);
    }

    return rc;
}


/* What the disk gave back is what had come. */

static void
ngx_http_sluice_parts_complete_done(ngx_http_sluice_parts_t *parts,
                                    ngx_http_sluice_parts_job_t *job)
{
    u_char read[SHA256_SIZE], came[SHA256_SIZE];

    sha256_digest(&parts->behind, read);
    sha256_digest(&parts->spool->sha256, came);

    if (ngx_memcmp(read, came, SHA256_SIZE) != 0) {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                      "the disk gave other bytes of upload %s than it took",
                      job->id);
        parts->status = SLUICE_INTERNAL;
        return;
    }

    parts->complete = 1;
}


static ngx_int_t
ngx_http_sluice_parts_read_list(ngx_http_sluice_parts_job_t *job,
                                const json_t *list)
{
    size_t i;
    const json_t *one;
    bucket_part_t *part;
    const char *etag, *sha256;

    job->count = (unsigned) json_array_size(list);
    job->all = ngx_calloc((job->count + 1) * sizeof(bucket_part_t),
                          ngx_cycle->log);
    if (job->all == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < job->count; i++) {
        one = json_array_get(list, i);
        etag = json_string_value(json_array_get(one, 1));
        sha256 = json_string_value(json_array_get(one, 2));

        if (etag == NULL || sha256 == NULL) {
            return NGX_ERROR;
        }

        part = &job->all[i];
        part->number = (unsigned) i + 1;
        part->size = (uint64_t) json_integer_value(json_array_get(one, 0));
        (void) ngx_cpystrn((u_char *) part->etag, (u_char *) etag,
                           sizeof(part->etag));
        (void) ngx_cpystrn((u_char *) part->sha256, (u_char *) sha256,
                           sizeof(part->sha256));
    }

    return NGX_OK;
}


void
ngx_http_sluice_parts_ask_complete(ngx_http_sluice_parts_t *parts,
                                   const json_t *list)
{
    ngx_http_sluice_parts_job_t *job;

    job = ngx_http_sluice_parts_job(parts->spool->id, parts->multipart,
                                    ngx_http_sluice_parts_complete_work);

    if (job && ngx_http_sluice_parts_read_list(job, list) != NGX_OK) {
        ngx_http_sluice_parts_job_free(job);
        job = NULL;
    }

    ngx_http_sluice_parts_post(parts, job, ngx_http_sluice_parts_complete_done);
}
