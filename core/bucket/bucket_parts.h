/*
 * What goes up in parts ("Uploading and copying objects using multipart upload"
 * in S3's user guide): it is begun, its parts are put in any order, each again
 * if need be, and it is there for others when it is completed. What is neither
 * completed nor aborted costs money and is listed nowhere else.
 *
 * How large a part is, its number alone says: 8 MiB, and twice as much behind
 * each thousand of them. So who goes on with an upload needs to know no more
 * than how many there are, and 10,000 carry more than S3 takes.
 */

#ifndef SLUICE_BUCKET_PARTS_H
#define SLUICE_BUCKET_PARTS_H

#include <stdint.h>
#include <time.h>
#include "bucket.h"
#include "core/base/sha256.h"

#define BUCKET_PARTS_MAX 10000
#define BUCKET_PART_LEAST (8U << 20) /* bytes; S3 takes 5 MiB and more */
#define BUCKET_UPLOAD_SIZE 1024      /* of an upload's id, terminated */
#define BUCKET_ETAG_SIZE 128         /* with its quotes, terminated */

typedef struct {
    unsigned number; /* from 1 on */
    uint64_t size;
    char etag[BUCKET_ETAG_SIZE];
    char sha256[SHA256_HEX_SIZE]; /* or "": not known */
} bucket_part_t;

/* Bytes of a part that is not the last, and of all before it. */
uint64_t bucket_part_size(unsigned number);
uint64_t bucket_part_from(unsigned number);

/* The end of the part that the byte at `at` is of, if all are of these sizes.
 */
uint64_t bucket_part_end(uint64_t at);

/* Begins an upload of a file, of whose parts the bucket is to keep checksums:
   its id. */
bucket_rc_t bucket_parts_begin(bucket_t *bucket, const char *name,
                               const char *type,
                               char upload[BUCKET_UPLOAD_SIZE]);

/* Puts `size` bytes of the descriptor from `from` on as the part `number`, and
   fills in `part`. The bucket compares their SHA-256. `behind`, unless NULL,
   takes them behind what it has. */
bucket_rc_t bucket_parts_put(bucket_t *bucket, const char *name,
                             const char *upload, unsigned number, int fd,
                             uint64_t from, uint64_t size, sha256_t *behind,
                             bucket_part_t *part);

/* The same of bytes that are read once: `part` has their number, size and
   SHA-256 already. Those that are others now the bucket refuses. */
bucket_rc_t bucket_parts_put_known(bucket_t *bucket, const char *name,
                                   const char *upload, int fd, uint64_t from,
                                   bucket_part_t *part);

/* Makes a file of them, which are in their order. One that was completed before
   is completed, if the file has as many bytes. */
bucket_rc_t bucket_parts_complete(bucket_t *bucket, const char *name,
                                  const char *upload,
                                  const bucket_part_t *parts, unsigned count);

/* Of one that is not there it is BUCKET_OK, too. */
bucket_rc_t bucket_parts_abort(bucket_t *bucket, const char *name,
                               const char *upload);

/* One page of an upload's parts, 1000 at most, behind the number `after`.
   `found` ends it when it is not 0; `more` is 1 when there are others. */
bucket_rc_t bucket_parts_list(
    bucket_t *bucket, const char *name, const char *upload, unsigned after,
    int (*found)(void *data, const bucket_part_t *part), void *data, int *more);

/* One page of uploads that are neither completed nor aborted, of files whose
   names begin so, behind the upload `after_upload` of `after`, or from the
   first when these are empty. `begun` is when, or 0. */
bucket_rc_t bucket_uploads_list(bucket_t *bucket, const char *begin,
                                const char *after, const char *after_upload,
                                int (*found)(void *data, const char *name,
                                             const char *upload, time_t begun),
                                void *data, int *more);

#endif
