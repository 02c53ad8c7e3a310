/*
 * Files of a bucket as a whole, for who reads, copies and looks after them:
 * what the bucket knows of one, ranges of the same one, one of any size that is
 * put or copied, and versions of those that were overwritten or removed.
 */

#ifndef SLUICE_BUCKET_OBJECT_H
#define SLUICE_BUCKET_OBJECT_H

#include <stdint.h>
#include <time.h>
#include "bucket.h"
#include "bucket_parts.h"
#include "core/base/sha256.h"

#define BUCKET_PAGE 1000         /* of what lists have at most */
#define BUCKET_VERSION_SIZE 1025 /* of a version's id, terminated */

typedef struct {
    uint64_t size;
    char etag[BUCKET_ETAG_SIZE];
    char sha256[SHA256_HEX_SIZE]; /* of all its bytes, where the bucket has
                                     that; or "" */
} bucket_head_t;

bucket_rc_t bucket_head(bucket_t *bucket, const char *name,
                        bucket_head_t *head);

/* Writes `size` bytes from `from` on to the descriptor, at the same place of
   it, if the file is still the one that `head` is of; else BUCKET_WRONG. */
bucket_rc_t bucket_get_same(bucket_t *bucket, const char *name,
                            const bucket_head_t *head, uint64_t from,
                            uint64_t size, int fd);

/* Has a file brought back from an archive, to be read for so many days: that
   takes hours ("RestoreObject"). BUCKET_OK: it is asked for now, or was, or is
   there. */
bucket_rc_t bucket_restore(bucket_t *bucket, const char *name, unsigned days);

/* Puts a file of `size` bytes, in parts where it is large. `stop`, unless NULL,
   is asked between two of them: when it is not 0 nothing stays, and it is
   BUCKET_AWAY. */
bucket_rc_t bucket_put_file(bucket_t *bucket, const char *name,
                            const char *type, int fd, uint64_t size,
                            int (*stop)(void));

/* The bucket copies `part->size` bytes of another file of its own, from `from`
   on, as the part `part->number` of an upload, 5 GiB at most. */
bucket_rc_t bucket_parts_copy(bucket_t *bucket, const char *source,
                              uint64_t from, const char *name,
                              const char *upload, bucket_part_t *part);

/* The bucket copies a file of its own, in parts above 5 GiB. */
bucket_rc_t bucket_copy(bucket_t *bucket, const char *from, const char *to,
                        const char *type);

typedef struct {
    const char *name;
    const char *id; /* "null" where the bucket keeps none */
    const char *etag;
    uint64_t size;
    time_t modified;
    int latest;  /* what who asks for the file gets */
    int removed; /* a mark that the file was removed: it has no bytes */
} bucket_version_t;

/* Calls `found` for all versions of the files whose names begin so, behind the
   file `after` or from the first when that is empty, page after page in their
   order, until it returns another number than 0. */
bucket_rc_t
bucket_versions(bucket_t *bucket, const char *begin, const char *after,
                int (*found)(void *data, const bucket_version_t *version),
                void *data);

/* For good. */
bucket_rc_t bucket_remove_version(bucket_t *bucket, const char *name,
                                  const char *id);

#endif
