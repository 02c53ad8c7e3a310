/*
 * Where media are kept, as nginx.conf, worker.conf and sluicectl say it alike:
 *
 *     /srv/sluice
 *     s3://bucket region=eu-west-3
 *     s3://bucket/a/prefix region=us-east-1 endpoint=http://127.0.0.1:7480
 *         style=path credentials=/etc/sluice/s3 sse=AES256
 *     s3://bucket region=eu-west-3 credentials=role
 */

#ifndef SLUICE_LOCATION_H
#define SLUICE_LOCATION_H

#include <limits.h>
#include <stddef.h>

#define LOCATION_BUCKET_MAX 63  /* "Bucket naming rules" of S3 */
#define LOCATION_PREFIX_MAX 256 /* of the 1024 bytes of a key */
#define LOCATION_REGION_MAX 63
#define LOCATION_HOST_MAX 255
#define LOCATION_KEY_MAX 256 /* of an ARN or alias in KMS */
#define LOCATION_ERROR_SIZE 320

/* Where a worker writes what the machine's role has come to, where
   "credentials=role" names no other file. */
#define LOCATION_ROLE_FILE "/var/lib/sluice/role"

typedef struct {
    char folder[PATH_MAX]; /* empty: a bucket */
    char bucket[LOCATION_BUCKET_MAX + 1];
    char prefix[LOCATION_PREFIX_MAX + 1]; /* "a/prefix/", or empty */
    char region[LOCATION_REGION_MAX + 1];
    char host[LOCATION_HOST_MAX + 1]; /* of the endpoint: name or address,
                                         IPv6 in its brackets */
    unsigned port;
    int tls;
    int path_style;              /* the bucket in the path; else in the host */
    char credentials[PATH_MAX];  /* a file; empty: the environment */
    int role;                    /* a worker writes it: worker/role */
    char sse[sizeof("aws:kms")]; /* how the bucket is to encrypt: "AES256",
                                    "aws:kms"; empty: as it does */
    char sse_key[LOCATION_KEY_MAX + 1]; /* of KMS; empty: the bucket's */
} location_t;

/* Reads the words. 0, or -1 with a sentence in `err` that names the word and
   says what to write. Looks at no file and asks no server. */
int location_read(location_t *location, const char *const *words, size_t count,
                  char *err, size_t err_size);

/* The words of a text, which is cut into them at its blanks. How many, or -1:
   too many. */
#define LOCATION_WORDS_MAX 8

int location_words(char *text, const char *words[LOCATION_WORDS_MAX]);

/* The host that requests go to and sign, with a port that is not the scheme's
   own: `out` has room for LOCATION_AUTHORITY_SIZE. */
#define LOCATION_AUTHORITY_SIZE \
    (LOCATION_BUCKET_MAX + 1 + LOCATION_HOST_MAX + sizeof(":65535"))

void location_authority(const location_t *location,
                        char out[LOCATION_AUTHORITY_SIZE]);

/* The path of a file of the store in a request, as it is before encoding:
   "/bucket/a/prefix/media/…" or "/a/prefix/media/…". `name` begins with no
   slash; empty: of the bucket itself. 0, or -1 when it is longer than `size`,
   or its key than S3 takes. */
int location_path(const location_t *location, const char *name, char *out,
                  size_t size);

#endif
