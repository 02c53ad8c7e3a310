/*
 * What the files of a bucket know of each other:
 *
 *     bucket.c          what is asked for
 *     bucket_parts.c    the same of what goes up in parts
 *     bucket_object.c   files as a whole, and copies
 *     bucket_versions.c those that were overwritten or removed, too
 *     bucket_rules.c    what rules the bucket goes by
 *     bucket_request.c  a request: signed, sent, tried again
 *     bucket_judge.c    what the bucket refuses, in sentences
 */

#ifndef SLUICE_BUCKET_INTERNAL_H
#define SLUICE_BUCKET_INTERNAL_H

#include <time.h>
#include "bucket.h"
#include "bucket_parts.h"
#include "core/base/sha256.h"
#include "core/store/sigv4.h"

#define MD5_SUM_SIZE 25 /* base64 */
#define BUCKET_SUM_SIZE 45
#define BUCKET_PATH_SIZE 1400 /* of a name with its prefix, before encoding */

struct bucket_s {
    const location_t *location;
    const credentials_t *credentials;
    const bucket_carrier_t *carrier;
    void *carries;
    int (*renew)(void *data); /* bucket_renews(), or NULL */
    void *renews;
    char authority[LOCATION_AUTHORITY_SIZE];
    char said[BUCKET_SAID_SIZE];
    char code[64];
    long skew;
    char *body; /* of the last answer, where it is no file's: terminated, or
                   NULL when there was never one */
    size_t len;
};

/* What is asked, and how far it came. */
typedef struct {
    const char *method;
    const char *name;
    const sigv4_pair_t *query;
    size_t queries;
    const char *type; /* of what is put */
    int fd;           /* put from, or got to; -1: neither */
    uint64_t from, size;
    uint64_t to; /* where in the descriptor it comes */
    int upload;
    const char *text;       /* what is posted, or NULL */
    sha256_t *behind;       /* takes what is put, behind what it has; or NULL */
    int checked;            /* the bucket keeps the SHA-256 of what is put */
    int checks;             /* and will of the parts of what is begun */
    int asks;               /* the SHA-256 that the bucket keeps */
    int creates;            /* a file: by the rules that all have */
    char md5[MD5_SUM_SIZE]; /* of the text, for rules; or "" */
    const char *match;      /* the ETag that it must have; or NULL */
    const char *source;     /* "/bucket/key", encoded, that is copied; NULL */
    const char *source_range; /* of that; or NULL: all of it */
    int anonymous;            /* not signed */

    bucket_t *bucket;
    uint64_t done; /* bytes of the descriptor, this try */
    long status;
    int failed;     /* our own disk: errno */
    int64_t length; /* of the answer, as it is told; -1: it is not */
    char date[64];
    char etag[BUCKET_ETAG_SIZE]; /* of the answer, or "" */
    char kept[BUCKET_SUM_SIZE];  /* the SHA-256 that it tells, or "" */
    char sha[SHA256_HEX_SIZE];   /* of what is put: known already, or "" */
    char sum[BUCKET_SUM_SIZE];   /* the same as S3 has it in headers */
} bucket_request_t;

/* Asks until there is an answer that will not change, a few times. */
bucket_rc_t bucket_request_ask(bucket_t *bucket, bucket_request_t *request);

/* The same for what takes a file, or an upload, away: one that is not there is
   BUCKET_OK. */
bucket_rc_t bucket_request_remove(bucket_t *bucket, const char *name,
                                  const sigv4_pair_t *query, size_t queries);

/* The same for a page of a list, whose elements leaf() is given: bucket_xml.h.
 */
bucket_rc_t bucket_request_page(bucket_t *bucket, bucket_request_t *request,
                                int (*leaf)(void *data, const char *name,
                                            const char *value),
                                void *page);

/* A time of S3's XML; 0: it is none. */
time_t bucket_request_time(const char *text);

/* A digest as S3 has it in headers and XML: base64. */
void bucket_request_sum(const unsigned char digest[SHA256_SIZE],
                        char sum[BUCKET_SUM_SIZE]);

/* The same of one in hex. */
void bucket_request_sum_of(const char sha256[SHA256_HEX_SIZE],
                           char sum[BUCKET_SUM_SIZE]);

/* Notes what bucket_said() tells, and returns `rc`. */
bucket_rc_t bucket_say(bucket_t *bucket, bucket_rc_t rc, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));

/* What an answer's date says of the clocks. */
void bucket_judge_clock(bucket_t *bucket, const char *date);

/* What an answer of status 300 and above means, with what to do about it. */
bucket_rc_t bucket_judge(bucket_t *bucket, const bucket_request_t *request);

/* S3 may say that it failed behind a status 200, which it sends early. */
bucket_rc_t bucket_judge_late(bucket_t *bucket, bucket_request_t *request);

#endif
