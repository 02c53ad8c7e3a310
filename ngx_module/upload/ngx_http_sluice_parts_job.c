#include "ngx_http_sluice_parts_job.h"

#include "core/base/status.h"


void
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


/* The bucket has answered. */

static void
ngx_http_sluice_parts_asked(void *data)
{
    ngx_http_sluice_parts_job_t *job = data;
    ngx_http_sluice_parts_t *parts = job->parts;

    if (parts == NULL) {
        if (job->alone) {
            job->alone(job);
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

    *job->held = NULL;

    if (job->ask.rc == BUCKET_OK
        || (job->fetches && job->ask.rc == BUCKET_MISSING)) {
        job->done(parts, job);

    } else {
        parts->status = job->ask.rc == BUCKET_WRONG ? SLUICE_INTERNAL
                                                    : SLUICE_STORE_AWAY;
    }

    ngx_http_sluice_parts_job_free(job);
    parts->ways->came(parts);
}


ngx_http_sluice_parts_job_t *
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


void
ngx_http_sluice_parts_post(ngx_http_sluice_parts_t *parts,
                           ngx_http_sluice_parts_job_t *job,
                           ngx_http_sluice_parts_done_pt done)
{
    if (job == NULL) {
        parts->status = SLUICE_INTERNAL;
        return;
    }

    if (job->held == NULL) {
        job->held = &parts->job;
    }

    job->parts = parts;
    job->done = done;
    job->again = parts->turn > 0;
    ngx_memcpy(job->ask.owner, parts->actor, UUID_TEXT_SIZE);

    if (ngx_http_sluice_store_post(&job->ask) != NGX_OK) {
        parts->status = SLUICE_BUSY;
        ngx_http_sluice_parts_job_free(job);
        return;
    }

    *job->held = job;
}


void
ngx_http_sluice_parts_post_file(ngx_http_sluice_parts_t *parts,
                                ngx_http_sluice_parts_job_t *job, off_t from,
                                off_t size, ngx_http_sluice_parts_done_pt done)
{
    size_t len = ngx_strlen(parts->spool->part) + 1;

    if (job) {
        job->from = from;
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


static ngx_uint_t
ngx_http_sluice_parts_let_go(ngx_http_sluice_parts_t *parts,
                             ngx_http_sluice_parts_job_t **held)
{
    if (*held == NULL) {
        return 0;
    }

    (*held)->parts = NULL;
    (*held)->discard = parts->left;
    *held = NULL;

    return 1;
}


ngx_uint_t
ngx_http_sluice_parts_leave(ngx_http_sluice_parts_t *parts)
{
    ngx_uint_t i, left = ngx_http_sluice_parts_let_go(parts, &parts->job);

    for (i = 0; i < NGX_HTTP_SLUICE_PARTS_AT_ONCE; i++) {
        left += ngx_http_sluice_parts_let_go(parts, &parts->puts[i].job);
    }

    return left;
}
