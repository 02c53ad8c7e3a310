/* An original that is in a bucket, for the job `scrub`. */

#ifndef SLUICE_SCRUB_BUCKET_H
#define SLUICE_SCRUB_BUCKET_H

#include "core/base/sha256.h"
#include "house.h"

/* The SHA-256 of the original of a media file, or, with `of`, of the attachment
   `id` of that one: what the bucket keeps of it, or else that of all its bytes.
   `pace` is told how many were read, and ends it when it is not JOB_DONE.
   JOB_DONE, too, when the file cannot be read: `trouble` says why. */
job_outcome_t
scrub_in_bucket(job_t *job, const char *id, const char *of,
                job_outcome_t (*pace)(void *data, json_int_t bytes), void *data,
                char digest[SHA256_HEX_SIZE], char trouble[JOB_ERROR_SIZE]);

#endif
