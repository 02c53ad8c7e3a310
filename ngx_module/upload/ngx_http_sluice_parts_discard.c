/* What nobody wants any more goes out of the bucket, and nobody waits for it:
   what is not done is a stray of the record's. */

#include "ngx_http_sluice_parts.h"
#include "ngx_http_sluice_parts_internal.h"

#include "ngx_module/store/ngx_http_sluice_store_lane.h"
#include "core/bucket/bucket_parts.h"


typedef struct {
    ngx_http_sluice_store_job_t ask;
    char name[NGX_HTTP_SLUICE_PARTS_NAME];
    char multipart[BUCKET_UPLOAD_SIZE];
} ngx_http_sluice_parts_discard_t;


static bucket_rc_t
ngx_http_sluice_parts_abort_work(void *data, bucket_t *bucket)
{
    ngx_http_sluice_parts_discard_t *job = data;

    return bucket_parts_abort(bucket, job->name, job->multipart);
}


static bucket_rc_t
ngx_http_sluice_parts_discard_work(void *data, bucket_t *bucket)
{
    char tail[NGX_HTTP_SLUICE_PARTS_NAME];
    bucket_rc_t rc = BUCKET_OK;
    ngx_http_sluice_parts_discard_t *job = data;

    if (job->multipart[0]) {
        rc = bucket_parts_abort(bucket, job->name, job->multipart);
    }

    (void) ngx_sprintf((u_char *) tail, "%s.tail%Z", job->name);

    if (rc == BUCKET_OK) {
        rc = bucket_remove(bucket, job->name);
    }

    return rc == BUCKET_OK ? bucket_remove(bucket, tail) : rc;
}


static void
ngx_http_sluice_parts_forget(const char *id, const char *multipart,
                             bucket_rc_t (*work)(void *data, bucket_t *bucket))
{
    ngx_http_sluice_parts_discard_t *job;

    job = ngx_calloc(sizeof(ngx_http_sluice_parts_discard_t), ngx_cycle->log);
    if (job == NULL) {
        return;
    }

    job->ask.work = work;
    job->ask.data = job;
    (void) ngx_sprintf((u_char *) job->name, "spool/%s%Z", id);
    (void) ngx_cpystrn((u_char *) job->multipart, (u_char *) multipart,
                       sizeof(job->multipart));

    if (ngx_http_sluice_store_post(&job->ask) != NGX_OK) {
        ngx_free(job);
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
