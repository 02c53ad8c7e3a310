/*
 * Requests to a bucket ("Amazon S3 REST API"): signed by core/store/sigv4.h,
 * carried by whoever asks. Each waits until it is answered, and is tried again
 * where that can help; so none of it may be called on nginx's loop.
 */

#ifndef SLUICE_BUCKET_H
#define SLUICE_BUCKET_H

#include <stddef.h>
#include <stdint.h>
#include "bucket_carrier.h"
#include "core/store/credentials.h"
#include "core/store/location.h"

#define BUCKET_SAID_SIZE 512

typedef enum {
    BUCKET_OK,
    BUCKET_MISSING,  /* there is no such file, or bucket: bucket_is_none() */
    BUCKET_ARCHIVED, /* it has to be restored first: bucket_restore() */
    BUCKET_REFUSED,  /* wrong keys, rights, region or clock */
    BUCKET_AWAY,     /* no answer, or none that helps; another time it may */
    BUCKET_WRONG     /* what came is not what was asked for; or our own disk */
} bucket_rc_t;

typedef struct bucket_s bucket_t;

/* For one thread at a time. All three must outlive it; the credentials may
   change between two requests. NULL without memory. */
bucket_t *bucket_open(const bucket_carrier_t *carrier,
                      const location_t *location,
                      const credentials_t *credentials);

/* Whoever can look for other credentials: when the bucket refuses those that
   there are, renew() is called once, and bucket_said() tells why. Unless it
   returns 0 there are others by then, and the request is asked again. */
void bucket_renews(bucket_t *bucket, int (*renew)(void *data), void *data);

/* NULL is fine. */
void bucket_close(bucket_t *bucket);

/* What went wrong with the last request: a sentence for the log; and S3's word
   for it, such as "NoSuchBucket", or "". */
const char *bucket_said(const bucket_t *bucket);
const char *bucket_code(const bucket_t *bucket);

/* Whether it was that there is no such bucket. */
int bucket_is_none(const bucket_t *bucket);

/* Names of files are as location_path() takes them, without the prefix. */

/* Puts `size` bytes of the descriptor from `from` on. The bucket compares their
   SHA-256, which is computed beforehand. `type` is their media type. */
bucket_rc_t bucket_put(bucket_t *bucket, const char *name, const char *type,
                       int fd, uint64_t from, uint64_t size);

/* Writes `size` bytes of a file from `from` on to the descriptor, at its
   beginning. BUCKET_WRONG when the file ends before. */
bucket_rc_t bucket_get(bucket_t *bucket, const char *name, uint64_t from,
                       uint64_t size, int fd);

/* The same, to the descriptor's bytes from `to` on. */
bucket_rc_t bucket_get_to(bucket_t *bucket, const char *name, uint64_t from,
                          uint64_t size, int fd, uint64_t to);

/* How many bytes a file has. */
bucket_rc_t bucket_size(bucket_t *bucket, const char *name, uint64_t *size);

/* Of one that is not there it is BUCKET_OK, too, as S3 has it. */
bucket_rc_t bucket_remove(bucket_t *bucket, const char *name);

/* One page of the files whose names begin so, 1000 at most, in their order,
   behind `after`, or from the first when that is empty. `found` is called for
   each, and ends it when it is not 0; `more` is 1 when there are others. */
bucket_rc_t bucket_list(bucket_t *bucket, const char *begin, const char *after,
                        int (*found)(void *data, const char *name,
                                     uint64_t size),
                        void *data, int *more);

/* Whether the file can be had by anybody, without a signature. */
bucket_rc_t bucket_is_public(bucket_t *bucket, const char *name, int *open);

/* Whether the bucket keeps what was removed or overwritten (versioning). */
bucket_rc_t bucket_keeps_versions(bucket_t *bucket, int *keeps);

/* The seconds by which this machine's clock goes before the bucket's, of the
   last answer; of both whole seconds are known. */
long bucket_skew(const bucket_t *bucket);

#endif
