/* What is behind the parts that are safe: into the bucket when a request ends,
   and out of it where the next one comes to another node. */

#include "ngx_http_sluice_parts_job.h"

#include "ngx_module/http/ngx_http_sluice_whose.h"
#include "core/base/status.h"

#include <fcntl.h>


#define NGX_HTTP_SLUICE_PARTS_READ 65536


static ngx_sluice_pg_statement_t ngx_http_sluice_set_tail = {
    "set_tail", "select status, body from api.set_tail($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_KEEP
};


static ngx_sluice_pg_statement_t ngx_http_sluice_end_turn = {
    "end_turn", "select status, body from api.renew_turn($1::uuid, $2::jsonb)",
    2, NGX_SLUICE_PG_KEEP
};


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
        job->alone = ngx_http_sluice_parts_tell_tail;
        job->database = parts->database;
        job->place = parts->spool->place;
        ngx_memcpy(job->actor, parts->actor, UUID_TEXT_SIZE);
        job->args = ngx_http_sluice_parts_args(parts);
        (void) json_object_update_new(
            job->args, json_pack("{s:I, s:I}", "tail", (json_int_t) size,
                                 "parts", (json_int_t) parts->number));
    }

    ngx_http_sluice_parts_post_file(parts, job, parts->safe, size,
                                    ngx_http_sluice_parts_tail_done);

    if (!waits && parts->job) {
        parts->job->parts = NULL;
        parts->job = NULL;
        parts->handed = 1;
    }
}


/* A tail that is shorter than it was is another one, and none; that the disk
   here does not take it says nothing of it. */

static bucket_rc_t
ngx_http_sluice_parts_fetch_work(void *data, bucket_t *bucket)
{
    int fd;
    uint64_t size;
    bucket_rc_t rc;
    ngx_http_sluice_parts_job_t *job = data;

    fd = open(job->path, O_WRONLY | O_CLOEXEC);
    if (fd == -1) {
        return BUCKET_WRONG;
    }

    rc = bucket_get_to(bucket, job->name, 0, (uint64_t) job->size, fd,
                       (uint64_t) job->from);
    (void) close(fd);

    return rc == BUCKET_WRONG
                   && bucket_size(bucket, job->name, &size) == BUCKET_OK
                   && size != (uint64_t) job->size
               ? BUCKET_MISSING
               : rc;
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

    ngx_http_sluice_parts_post_file(parts, job, parts->safe, parts->tail,
                                    ngx_http_sluice_parts_fetch_done);
}
