#define _GNU_SOURCE /* memfd_create */
#include "scrub_bucket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/base/uuid.h"
#include "worker/store/objects.h"

#define SCRUB_STEP (4U << 20) /* bytes of a request */

typedef struct {
    job_t *job;
    char begin[OBJECTS_NAME_SIZE]; /* of the name */
    char name[OBJECTS_NAME_SIZE];
    bucket_head_t head;
    uint64_t done, step;
    int fd, error;
    sha256_t sha;
    unsigned char *bytes;
} scrub_bucket_t;


static int
scrub_bucket_head(void *data)
{
    int rc;
    scrub_bucket_t *scrub = data;

    rc = objects_head(scrub->job->config, scrub->begin, scrub->name,
                      &scrub->head);
    scrub->error = rc == 0 ? 0 : errno;
    return rc;
}


/* The next bytes, into memory. */
static int
scrub_bucket_step(void *data)
{
    int rc;
    scrub_bucket_t *scrub = data;
    const uint64_t left = scrub->head.size - scrub->done;

    scrub->step = left < SCRUB_STEP ? left : SCRUB_STEP;
    rc = objects_read(scrub->job->config, scrub->name, &scrub->head,
                      scrub->done, scrub->step, scrub->fd);
    if (rc == 0
        && pread(scrub->fd, scrub->bytes, scrub->step, (off_t) scrub->done)
               != (ssize_t) scrub->step) {
        errno = EIO;
        rc = -1;
    }
    if (rc == 0) {
        rc = ftruncate(scrub->fd, 0);
    }

    scrub->error = rc == 0 ? 0 : errno;
    return rc;
}


static job_outcome_t
scrub_bucket_read(scrub_bucket_t *scrub,
                  job_outcome_t (*pace)(void *data, json_int_t bytes),
                  void *data)
{
    job_outcome_t outcome = JOB_DONE;

    sha256_init(&scrub->sha);

    for (scrub->done = 0; scrub->done < scrub->head.size && outcome == JOB_DONE;
         scrub->done += scrub->step) {
        outcome = job_disk(scrub->job, scrub_bucket_step, scrub,
                           "reading an original");
        if (outcome == JOB_DONE) {
            sha256_update(&scrub->sha, scrub->bytes, scrub->step);
            outcome = pace(data, (json_int_t) scrub->step);
        }
    }

    return outcome;
}


static job_outcome_t
scrub_bucket_digest(scrub_bucket_t *scrub,
                    job_outcome_t (*pace)(void *data, json_int_t bytes),
                    void *data, char digest[SHA256_HEX_SIZE])
{
    unsigned char bytes[SHA256_SIZE];
    job_outcome_t outcome;

    outcome = job_disk(scrub->job, scrub_bucket_head, scrub,
                       "looking for an original");
    if (outcome != JOB_DONE) {
        return outcome;
    }

    if (scrub->head.sha256[0] != '\0') {
        memcpy(digest, scrub->head.sha256, SHA256_HEX_SIZE);
        return JOB_DONE;
    }

    outcome = scrub_bucket_read(scrub, pace, data);
    if (outcome == JOB_DONE) {
        house_count(scrub->job, "bytes", (json_int_t) scrub->head.size);
        sha256_digest(&scrub->sha, bytes);
        sha256_hex(bytes, digest);
    }

    return outcome;
}


/* What is not there, or other than the bucket says, is the file's trouble; all
   else is the bucket's, and passes. What lies in an archive is let lie: neither
   digest nor trouble. */
static job_outcome_t
scrub_bucket_judge(scrub_bucket_t *scrub, job_outcome_t outcome,
                   char trouble[JOB_ERROR_SIZE])
{
    if (outcome == JOB_WAITS) {
        scrub->job->error[0] = '\0';
        return JOB_DONE;
    }

    if (outcome != JOB_AGAIN
        || (scrub->error != ENOENT && scrub->error != EIO)) {
        return outcome;
    }

    snprintf(trouble, JOB_ERROR_SIZE, "It cannot be read: %s.",
             strerror(scrub->error));
    scrub->job->error[0] = '\0';
    return JOB_DONE;
}


job_outcome_t
scrub_in_bucket(job_t *job, const char *id, const char *of,
                job_outcome_t (*pace)(void *data, json_int_t bytes), void *data,
                char digest[SHA256_HEX_SIZE], char trouble[JOB_ERROR_SIZE])
{
    scrub_bucket_t scrub = { .job = job };
    const char *media = of ? of : id;
    job_outcome_t outcome;

    snprintf(scrub.begin, sizeof(scrub.begin), "media/%s/%s/%s%s.",
             uuid_shard(media), media, of ? "attachments/" : "",
             of ? id : "original");
    scrub.fd = memfd_create("scrub", MFD_CLOEXEC);
    scrub.bytes = malloc(SCRUB_STEP);

    outcome = scrub.fd != -1 && scrub.bytes != NULL
                  ? scrub_bucket_digest(&scrub, pace, data, digest)
                  : job_errno(job, "making room to read into");

    free(scrub.bytes);
    if (scrub.fd != -1) {
        close(scrub.fd);
    }

    return scrub_bucket_judge(&scrub, outcome, trouble);
}
