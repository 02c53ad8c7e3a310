/* What threads ask of the bucket for an upload. Each has all that it needs: the
   request may go meanwhile, and then its file may, too. */

#define _GNU_SOURCE /* fallocate */

#include "ngx_http_sluice_parts.h"
#include "ngx_http_sluice_parts_internal.h"

#include "ngx_module/spool/ngx_sluice_spool.h"
#include "ngx_module/store/ngx_http_sluice_store_lane.h"
#include "core/base/sha256.h"
#include "core/base/status.h"
#include "core/bucket/bucket_parts.h"

#include <fcntl.h>
#include <jansson.h>


#define NGX_HTTP_SLUICE_PARTS_TYPE "application/octet-stream"
#define NGX_HTTP_SLUICE_PARTS_NAME (sizeof("spool/.tail") + UUID_TEXT_LEN)


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

    unsigned discard : 1; /* nobody wants what is asked for any more */
    unsigned begins : 1;
};


static void
ngx_http_sluice_parts_job_free(ngx_http_sluice_parts_job_t *job)
{
    ngx_free(job->path);
    ngx_free(job->all);
    ngx_free(job);
}


/* The bucket has answered. */

static void
ngx_http_sluice_parts_asked(void *data)
{
    ngx_http_sluice_parts_job_t *job = data;
    ngx_http_sluice_parts_t *parts = job->parts;

    if (parts == NULL) {
        if (job->discard) {
            ngx_http_sluice_parts_discard(job->id, job->multipart);

        } else if (job->begins && job->multipart[0]) {
            ngx_http_sluice_parts_abort(job->id, job->multipart);
        }

        ngx_http_sluice_parts_job_free(job);
        return;
    }

    parts->job = NULL;

    if (job->ask.rc == BUCKET_OK) {
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


/* all of its parts */

static bucket_rc_t
ngx_http_sluice_parts_complete_work(void *data, bucket_t *bucket)
{
    ngx_http_sluice_parts_job_t *job = data;

    return bucket_parts_complete(bucket, job->name, job->multipart, job->all,
                                 job->count);
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


/* what nobody wants */

static bucket_rc_t
ngx_http_sluice_parts_abort_work(void *data, bucket_t *bucket)
{
    ngx_http_sluice_parts_job_t *job = data;

    return bucket_parts_abort(bucket, job->name, job->multipart);
}


static bucket_rc_t
ngx_http_sluice_parts_discard_work(void *data, bucket_t *bucket)
{
    char tail[NGX_HTTP_SLUICE_PARTS_NAME];
    bucket_rc_t rc = BUCKET_OK;
    ngx_http_sluice_parts_job_t *job = data;

    if (job->multipart[0]) {
        rc = bucket_parts_abort(bucket, job->name, job->multipart);
    }

    (void) ngx_sprintf((u_char *) tail, "%s.tail%Z", job->name);

    if (rc == BUCKET_OK) {
        rc = bucket_remove(bucket, job->name);
    }

    return rc == BUCKET_OK ? bucket_remove(bucket, tail) : rc;
}


/* Nobody waits for it: what is not done is a stray of the record's. */

static void
ngx_http_sluice_parts_forget(const char *id, const char *multipart,
                             bucket_rc_t (*work)(void *data, bucket_t *bucket))
{
    ngx_http_sluice_parts_job_t *job;

    job = ngx_http_sluice_parts_job(id, multipart, work);

    if (job && ngx_http_sluice_store_post(&job->ask) != NGX_OK) {
        ngx_http_sluice_parts_job_free(job);
    }
}


void
ngx_http_sluice_parts_abort(const char *id, const char *multipart)
{
    ngx_http_sluice_parts_forget(id, multipart,
                                 ngx_http_sluice_parts_abort_work);
}


void
ngx_http_sluice_parts_discard(const char *id, const char *multipart)
{
    ngx_http_sluice_parts_forget(id, multipart,
                                 ngx_http_sluice_parts_discard_work);
}
