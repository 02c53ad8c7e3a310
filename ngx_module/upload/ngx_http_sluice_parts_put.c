/*
 * Parts go up beside each other. What is put is what came: a part whose bytes
 * were all hashed on their way in is read once, and the bucket compares. Of
 * one that an earlier request began the hash has to be taken by reading, from
 * the end of the part before it on; so that one goes alone, and what was read
 * is compared with what had come as soon as that is known.
 */

#define _GNU_SOURCE /* fallocate */

#include "ngx_http_sluice_parts_job.h"

#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/sha256.h"
#include "core/base/status.h"
#include "core/bucket/bucket_parts.h"

#include <fcntl.h>


/* in a thread */

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

    if (job->free_to > job->free_from) {
        (void) fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                         job->free_from, job->free_to - job->free_from);
    }

    rc = job->known
             ? bucket_parts_put_known(bucket, job->name, job->multipart, fd,
                                      (uint64_t) job->from, &job->part)
             : bucket_parts_put(bucket, job->name, job->multipart,
                                job->part.number, fd, (uint64_t) job->from,
                                (uint64_t) job->size, &job->behind, &job->part);
    (void) close(fd);

    return rc;
}


/* on the loop */

static void
ngx_http_sluice_parts_put_done(ngx_http_sluice_parts_t *parts,
                               ngx_http_sluice_parts_job_t *job)
{
    u_char read[SHA256_SIZE];
    ngx_http_sluice_parts_put_t *put;

    if (job->compares) {
        sha256_digest(&job->behind, read);

        if (ngx_memcmp(read, job->wants, SHA256_SIZE) != 0) {
            ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                          "the disk gave other bytes of upload %s than it took",
                          job->id);
            parts->status = SLUICE_INTERNAL;
            return;
        }
    }

    put = &parts->puts[job->part.number % NGX_HTTP_SLUICE_PARTS_AT_ONCE];
    put->part = job->part;
    put->behind = job->behind;
}


/* Where a part ends, as it came; or NULL. */

static const ngx_sluice_spool_end_t *
ngx_http_sluice_parts_end_at(const ngx_http_sluice_parts_t *parts, off_t at)
{
    ngx_uint_t i;

    for (i = 0; i < parts->ends_count; i++) {
        if (parts->ends[i].at == at) {
            return &parts->ends[i];
        }
    }

    return NULL;
}


static void
ngx_http_sluice_parts_ask_part(ngx_http_sluice_parts_t *parts, off_t size,
                               const ngx_sluice_spool_end_t *end,
                               ngx_uint_t known)
{
    unsigned number = parts->asked + 1;
    ngx_http_sluice_parts_job_t *job;

    job = ngx_http_sluice_parts_job(parts->spool->id, parts->multipart,
                                    ngx_http_sluice_parts_put_work);
    if (job) {
        job->held = &parts->puts[number % NGX_HTTP_SLUICE_PARTS_AT_ONCE].job;
        job->free_from = parts->freed;
        job->free_to = parts->safe;
        job->part.number = number;
        job->part.size = (uint64_t) size;
        job->known = known ? 1 : 0;
        job->compares = end && !known;
        job->behind = known ? end->behind : parts->behind;
    }

    if (job && known) {
        sha256_hex(end->sha256, job->part.sha256);

    } else if (job && end) {
        sha256_digest(&end->behind, job->wants);
    }

    ngx_http_sluice_parts_post_file(parts, job, parts->asked_to, size,
                                    ngx_http_sluice_parts_put_done);

    if (parts->status == SLUICE_OK) {
        parts->freed = parts->safe;
        parts->asked = number;
        parts->asked_to += size;
        parts->unsure = !known && end == NULL;
    }
}


/* One more; 0 when it has to wait, or when that failed. */

static ngx_uint_t
ngx_http_sluice_parts_ask_next(ngx_http_sluice_parts_t *parts)
{
    off_t size;
    ngx_uint_t known;
    const ngx_sluice_spool_end_t *end;

    if (parts->asked == BUCKET_PARTS_MAX) {
        parts->status = SLUICE_TOO_LARGE;
        return 0;
    }

    size = ngx_min((off_t) bucket_part_size(parts->asked + 1),
                   parts->here - parts->asked_to);
    end = ngx_http_sluice_parts_end_at(parts, parts->asked_to + size);
    known = end && end->known && !parts->unsure;

    if (!known && (parts->asked != parts->number || parts->query)) {
        return 0;
    }

    ngx_http_sluice_parts_ask_part(parts, size, end, known);

    return parts->status == SLUICE_OK;
}


void
ngx_http_sluice_parts_ask_full(ngx_http_sluice_parts_t *parts)
{
    while (parts->asked - parts->number < NGX_HTTP_SLUICE_PARTS_AT_ONCE
           && ngx_http_sluice_parts_full(parts)
           && ngx_http_sluice_parts_ask_next(parts)) {
        /* void */
    }
}


/* what has come */

static off_t
ngx_http_sluice_parts_part_end(off_t at)
{
    return (off_t) bucket_part_end((uint64_t) at);
}


void
ngx_http_sluice_parts_watch(ngx_http_sluice_parts_t *parts)
{
    parts->spool->part_end = ngx_http_sluice_parts_part_end;
}


void
ngx_http_sluice_parts_look(ngx_http_sluice_parts_t *parts)
{
    ngx_uint_t n = 0;
    ngx_sluice_spool_t *spool = parts->spool;

    while (n < spool->ends_count && spool->ends[n].at <= parts->asked_to) {
        n++;
    }

    spool->ends_count -= n;
    ngx_memmove(spool->ends, &spool->ends[n],
                spool->ends_count * sizeof(ngx_sluice_spool_end_t));

    parts->here = spool->size;
    parts->ends_count = spool->ends_count;
    ngx_memcpy(parts->ends, spool->ends,
               parts->ends_count * sizeof(ngx_sluice_spool_end_t));

    if (spool->size == (off_t) spool->sha256.bytes) {
        ngx_sluice_spool_end_here(spool, &parts->ends[parts->ends_count++]);
    }
}
