#include "bucket_object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "bucket_internal.h"
#include "bucket_xml.h"

#define PUT_AT_ONCE (64ULL << 20) /* bytes; more goes up in parts */
#define COPY_AT_ONCE (5ULL << 30) /* "CopyObject" in S3's API reference */
#define COPY_PART (512ULL << 20)
#define RANGE_SIZE 64
#define NUMBER_SIZE 12
#define RESTORE_SIZE 320
#define NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"


/* Base64 of a digest of all bytes; of parts' digests it has "-" and a number.
 */
static void
hex_of(const char *sum, char hex[SHA256_HEX_SIZE])
{
    unsigned char digest[SHA256_SIZE + 1];

    hex[0] = '\0';
    if (strlen(sum) == BUCKET_SUM_SIZE - 1
        && EVP_DecodeBlock(digest, (const unsigned char *) sum,
                           BUCKET_SUM_SIZE - 1)
               == SHA256_SIZE + 1) {
        sha256_hex(digest, hex);
    }
}


bucket_rc_t
bucket_head(bucket_t *bucket, const char *name, bucket_head_t *head)
{
    bucket_rc_t rc;
    bucket_request_t request = {
        .method = "HEAD", .name = name, .fd = -1, .asks = 1
    };

    memset(head, 0, sizeof(*head));

    rc = bucket_request_ask(bucket, &request);
    if (rc != BUCKET_OK) {
        return rc;
    }

    if (request.length < 0 || request.etag[0] == '\0') {
        return bucket_say(bucket, BUCKET_WRONG,
                          "%s tells neither size nor ETag of \"%.200s\"",
                          bucket->location->host, name);
    }

    head->size = (uint64_t) request.length;
    memcpy(head->etag, request.etag, sizeof(head->etag));
    hex_of(request.kept, head->sha256);
    return BUCKET_OK;
}


bucket_rc_t
bucket_get_same(bucket_t *bucket, const char *name, const bucket_head_t *head,
                uint64_t from, uint64_t size, int fd)
{
    bucket_rc_t rc;
    bucket_request_t request = { .method = "GET",
                                 .name = name,
                                 .fd = fd,
                                 .from = from,
                                 .to = from,
                                 .size = size,
                                 .match = head->etag };

    if (size == 0) {
        return BUCKET_OK;
    }

    rc = bucket_request_ask(bucket, &request);

    return rc == BUCKET_OK && request.done != size
               ? bucket_say(bucket, BUCKET_WRONG,
                            "\"%.200s\" ends after %llu bytes of %llu", name,
                            (unsigned long long) (from + request.done),
                            (unsigned long long) (from + size))
               : rc;
}


bucket_rc_t
bucket_restore(bucket_t *bucket, const char *name, unsigned days)
{
    char text[RESTORE_SIZE];
    bucket_rc_t rc;
    static const sigv4_pair_t query = { "restore", "" };
    bucket_request_t request = { .method = "POST",
                                 .name = name,
                                 .fd = -1,
                                 .query = &query,
                                 .queries = 1,
                                 .type = "application/xml",
                                 .text = text };

    snprintf(text, sizeof(text),
             "<RestoreRequest xmlns=\"" NAMESPACE "\"><Days>%u</Days>"
             "<GlacierJobParameters><Tier>Standard</Tier>"
             "</GlacierJobParameters></RestoreRequest>",
             days);

    rc = bucket_request_ask(bucket, &request);

    return strcmp(bucket->code, "RestoreAlreadyInProgress") == 0 ? BUCKET_OK
                                                                 : rc;
}


/* ---- a file of any size ---- */

static bucket_rc_t
put_parts(bucket_t *bucket, const char *name, const char *upload, int fd,
          uint64_t size, int (*stop)(void), bucket_part_t *parts)
{
    unsigned n = 0;
    uint64_t from, part;
    bucket_rc_t rc = BUCKET_OK;

    for (from = 0; from < size && rc == BUCKET_OK; from += part) {
        if (stop != NULL && stop() != 0) {
            return bucket_say(bucket, BUCKET_AWAY, "putting it was stopped");
        }

        n++;
        part = bucket_part_size(n) < size - from ? bucket_part_size(n)
                                                 : size - from;
        rc = bucket_parts_put(bucket, name, upload, n, fd, from, part, NULL,
                              &parts[n - 1]);
    }

    return rc == BUCKET_OK
               ? bucket_parts_complete(bucket, name, upload, parts, n)
               : rc;
}


/* How many parts a file of that size has. */
static unsigned
count_parts(uint64_t size)
{
    unsigned n = 1;

    while (bucket_part_from(n + 1) < size) {
        n++;
    }

    return n;
}


/* What did not come to its end is aborted, and its sentence kept. */
static bucket_rc_t
give_up(bucket_t *bucket, const char *name, const char *upload, bucket_rc_t rc)
{
    char said[BUCKET_SAID_SIZE], code[sizeof(bucket->code)];

    memcpy(said, bucket->said, sizeof(said));
    memcpy(code, bucket->code, sizeof(code));
    (void) bucket_parts_abort(bucket, name, upload);
    memcpy(bucket->said, said, sizeof(said));
    memcpy(bucket->code, code, sizeof(code));
    return rc;
}


bucket_rc_t
bucket_put_file(bucket_t *bucket, const char *name, const char *type, int fd,
                uint64_t size, int (*stop)(void))
{
    bucket_rc_t rc;
    bucket_part_t *parts;
    char upload[BUCKET_UPLOAD_SIZE];

    if (size <= PUT_AT_ONCE) {
        return bucket_put(bucket, name, type, fd, 0, size);
    }

    parts = calloc(count_parts(size), sizeof(*parts));
    if (parts == NULL) {
        return bucket_say(bucket, BUCKET_WRONG, "out of memory");
    }

    rc = bucket_parts_begin(bucket, name, type, upload);
    if (rc == BUCKET_OK) {
        rc = put_parts(bucket, name, upload, fd, size, stop, parts);
        if (rc != BUCKET_OK) {
            rc = give_up(bucket, name, upload, rc);
        }
    }

    free(parts);
    return rc;
}


/* ---- copies ---- */

/* What is said of a part that was copied. */
static int
on_copied_leaf(void *data, const char *name, const char *value)
{
    bucket_part_t *part = data;

    if (value && strcmp(name, "ETag") == 0) {
        snprintf(part->etag, sizeof(part->etag), "%s", value);
    } else if (value && strcmp(name, "ChecksumSHA256") == 0) {
        hex_of(value, part->sha256);
    }

    return 0;
}


/* `part` has its number and its size. */
static bucket_rc_t
copy_part(bucket_t *bucket, const char *source, uint64_t from, const char *to,
          const char *upload, bucket_part_t *part)
{
    char number[NUMBER_SIZE], range[RANGE_SIZE];
    bucket_rc_t rc;
    const sigv4_pair_t query[] = { { "partNumber", number },
                                   { "uploadId", upload } };
    bucket_request_t request = { .method = "PUT",
                                 .name = to,
                                 .fd = -1,
                                 .text = "",
                                 .source = source,
                                 .source_range = range,
                                 .query = query,
                                 .queries = 2 };

    part->etag[0] = '\0';
    part->sha256[0] = '\0';
    snprintf(number, sizeof(number), "%u", part->number);
    snprintf(range, sizeof(range), "bytes=%llu-%llu", (unsigned long long) from,
             (unsigned long long) (from + part->size - 1));

    rc = bucket_request_ask(bucket, &request);
    rc = rc == BUCKET_OK ? bucket_judge_late(bucket, &request) : rc;
    if (rc == BUCKET_OK) {
        (void) bucket_xml_read(bucket->body, bucket->len, on_copied_leaf, part);
    }

    return rc == BUCKET_OK && part->etag[0] == '\0'
               ? bucket_say(bucket, BUCKET_WRONG,
                            "%s copied a part without ETag",
                            bucket->location->host)
               : rc;
}


static bucket_rc_t
copy_parts(bucket_t *bucket, const char *source, const char *to,
           const char *type, uint64_t size)
{
    unsigned i, count = (unsigned) ((size + COPY_PART - 1) / COPY_PART);
    uint64_t from = 0;
    bucket_rc_t rc;
    bucket_part_t *parts;
    char upload[BUCKET_UPLOAD_SIZE];

    parts = calloc(count, sizeof(*parts));
    if (parts == NULL) {
        return bucket_say(bucket, BUCKET_WRONG, "out of memory");
    }

    rc = bucket_parts_begin(bucket, to, type, upload);
    if (rc != BUCKET_OK) {
        goto done;
    }

    for (i = 0; i < count && rc == BUCKET_OK; i++) {
        parts[i].number = i + 1;
        parts[i].size = size - from < COPY_PART ? size - from : COPY_PART;
        rc = copy_part(bucket, source, from, to, upload, &parts[i]);
        from += parts[i].size;
    }
    if (rc == BUCKET_OK) {
        rc = bucket_parts_complete(bucket, to, upload, parts, count);
    }
    if (rc != BUCKET_OK) {
        rc = give_up(bucket, to, upload, rc);
    }

done:

    free(parts);
    return rc;
}


static bucket_rc_t
copy_whole(bucket_t *bucket, const char *source, const char *to,
           const char *type)
{
    bucket_rc_t rc;
    bucket_request_t request = { .method = "PUT",
                                 .name = to,
                                 .type = type,
                                 .fd = -1,
                                 .text = "",
                                 .source = source,
                                 .creates = 1 };

    rc = bucket_request_ask(bucket, &request);
    return rc == BUCKET_OK ? bucket_judge_late(bucket, &request) : rc;
}


/* "/bucket/key", encoded. */
static bucket_rc_t
compose_source(bucket_t *bucket, const char *from,
               char source[3 * BUCKET_PATH_SIZE])
{
    char path[BUCKET_PATH_SIZE];

    snprintf(path, sizeof(path), "/%s/%s%s", bucket->location->bucket,
             bucket->location->prefix, from);

    return sigv4_encode(path, 1, source, 3 * (size_t) BUCKET_PATH_SIZE) == 0
               ? bucket_say(bucket, BUCKET_WRONG, "\"%.200s\" is too long",
                            from)
               : BUCKET_OK;
}


bucket_rc_t
bucket_parts_copy(bucket_t *bucket, const char *source, uint64_t from,
                  const char *name, const char *upload, bucket_part_t *part)
{
    bucket_rc_t rc;
    char path[3 * BUCKET_PATH_SIZE];

    rc = compose_source(bucket, source, path);

    return rc == BUCKET_OK ? copy_part(bucket, path, from, name, upload, part)
                           : rc;
}


bucket_rc_t
bucket_copy(bucket_t *bucket, const char *from, const char *to,
            const char *type)
{
    uint64_t size = 0;
    bucket_rc_t rc;
    char source[3 * BUCKET_PATH_SIZE];

    rc = compose_source(bucket, from, source);
    if (rc != BUCKET_OK) {
        return rc;
    }

    rc = bucket_size(bucket, from, &size);
    if (rc != BUCKET_OK) {
        return rc;
    }

    return size <= COPY_AT_ONCE ? copy_whole(bucket, source, to, type)
                                : copy_parts(bucket, source, to, type, size);
}
