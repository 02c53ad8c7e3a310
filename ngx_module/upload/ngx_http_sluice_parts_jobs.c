/* An upload in parts, as the bucket has it: it begins and is completed; or is a
   file that is small. */

#include "ngx_http_sluice_parts_job.h"

#include "core/base/status.h"

#include <fcntl.h>


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
        0, parts->here, ngx_http_sluice_parts_whole_done);
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
