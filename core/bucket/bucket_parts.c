#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bucket_internal.h"
#include "bucket_parts.h"
#include "bucket_xml.h"

#define PAGE "1000"
#define STEP 1000      /* parts, until they are twice as large */
#define LINE_SIZE 320  /* of a part in what completes */
#define FRAME_SIZE 128 /* of what is around them */
#define NUMBER_SIZE 12
#define NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"


uint64_t
bucket_part_size(unsigned number)
{
    return (uint64_t) BUCKET_PART_LEAST << ((number - 1) / STEP);
}


uint64_t
bucket_part_from(unsigned number)
{
    unsigned first;
    uint64_t from = 0;

    for (first = 1; first + STEP <= number; first += STEP) {
        from += STEP * bucket_part_size(first);
    }

    return from + (number - first) * bucket_part_size(number);
}


uint64_t
bucket_part_end(uint64_t at)
{
    unsigned first;
    uint64_t from = 0, size;

    for (first = 1;; first += STEP) {
        size = bucket_part_size(first);
        if (at < from + STEP * size) {
            return from + ((at - from) / size + 1) * size;
        }
        from += STEP * size;
    }
}


/* ---- what answers say ---- */

/* An element's text that was looked for. */
typedef struct {
    const char *name;
    char *text;
    size_t size;
} leaf_t;


static int
on_leaf(void *data, const char *name, const char *value)
{
    leaf_t *leaf = data;

    if (value && strcmp(name, leaf->name) == 0 && strlen(value) < leaf->size) {
        memcpy(leaf->text, value, strlen(value) + 1);
    }

    return 0;
}


/* 0, or -1: it has no such element. */
static int
find(const bucket_t *bucket, const char *name, char *text, size_t size)
{
    leaf_t leaf = { name, text, size };

    *text = '\0';

    return bucket->len > 0
                   && bucket_xml_read(bucket->body, bucket->len, on_leaf, &leaf)
                          == 0
                   && *text
               ? 0
               : -1;
}


/* ---- one upload ---- */

bucket_rc_t
bucket_parts_begin(bucket_t *bucket, const char *name, const char *type,
                   char upload[BUCKET_UPLOAD_SIZE])
{
    static const sigv4_pair_t query[] = { { "uploads", "" } };
    bucket_rc_t rc;
    bucket_request_t request = { .method = "POST",
                                 .name = name,
                                 .type = type,
                                 .fd = -1,
                                 .text = "",
                                 .checks = 1,
                                 .creates = 1,
                                 .query = query,
                                 .queries = 1 };

    rc = bucket_request_ask(bucket, &request);

    return rc == BUCKET_OK
                   && find(bucket, "UploadId", upload, BUCKET_UPLOAD_SIZE) != 0
               ? bucket_say(bucket, BUCKET_WRONG,
                            "%s began an upload without an id",
                            bucket->location->host)
               : rc;
}


/* `request` has what is put. */
static bucket_rc_t
put_part(bucket_t *bucket, bucket_request_t *request, const char *upload,
         unsigned number, bucket_part_t *part)
{
    char text[NUMBER_SIZE];
    bucket_rc_t rc;
    const sigv4_pair_t query[] = { { "partNumber", text },
                                   { "uploadId", upload } };

    snprintf(text, sizeof(text), "%u", number);
    request->method = "PUT";
    request->upload = 1;
    request->checked = 1;
    request->query = query;
    request->queries = 2;
    rc = bucket_request_ask(bucket, request);

    part->number = number;
    part->size = request->size;
    memcpy(part->etag, request->etag, sizeof(part->etag));
    memcpy(part->sha256, request->sha, sizeof(part->sha256));

    return rc == BUCKET_OK && *part->etag == '\0'
               ? bucket_say(bucket, BUCKET_WRONG, "%s took a part without ETag",
                            bucket->location->host)
               : rc;
}


bucket_rc_t
bucket_parts_put(bucket_t *bucket, const char *name, const char *upload,
                 unsigned number, int fd, uint64_t from, uint64_t size,
                 sha256_t *behind, bucket_part_t *part)
{
    bucket_request_t request = {
        .name = name, .fd = fd, .from = from, .size = size, .behind = behind
    };

    return put_part(bucket, &request, upload, number, part);
}


bucket_rc_t
bucket_parts_put_known(bucket_t *bucket, const char *name, const char *upload,
                       int fd, uint64_t from, bucket_part_t *part)
{
    bucket_request_t request = {
        .name = name, .fd = fd, .from = from, .size = part->size
    };

    memcpy(request.sha, part->sha256, sizeof(request.sha));

    return put_part(bucket, &request, upload, part->number, part);
}


/* What completes them; NULL without memory. To be freed. */
static char *
compose_parts(const bucket_part_t *parts, unsigned count)
{
    char *text, sum[BUCKET_SUM_SIZE];
    size_t size = FRAME_SIZE + count * (size_t) LINE_SIZE, len;
    unsigned i;

    text = malloc(size);
    if (text == NULL) {
        return NULL;
    }

    len = (size_t) snprintf(
        text, size, "<CompleteMultipartUpload xmlns=\"" NAMESPACE "\">");

    for (i = 0; i < count; i++) {
        len += (size_t) snprintf(
            text + len, size - len,
            "<Part><PartNumber>%u</PartNumber><ETag>%s</ETag>", parts[i].number,
            parts[i].etag);

        if (parts[i].sha256[0]) {
            bucket_request_sum_of(parts[i].sha256, sum);
            len += (size_t) snprintf(text + len, size - len,
                                     "<ChecksumSHA256>%s</ChecksumSHA256>",
                                     sum);
        }

        len += (size_t) snprintf(text + len, size - len, "</Part>");
    }

    snprintf(text + len, size - len, "</CompleteMultipartUpload>");
    return text;
}


bucket_rc_t
bucket_parts_complete(bucket_t *bucket, const char *name, const char *upload,
                      const bucket_part_t *parts, unsigned count)
{
    char *text;
    unsigned i;
    uint64_t size, total = 0;
    bucket_rc_t rc;
    const sigv4_pair_t query[] = { { "uploadId", upload } };
    bucket_request_t request = { .method = "POST",
                                 .name = name,
                                 .type = "application/xml",
                                 .fd = -1,
                                 .query = query,
                                 .queries = 1 };

    text = compose_parts(parts, count);
    if (text == NULL) {
        return bucket_say(bucket, BUCKET_WRONG, "out of memory");
    }

    request.text = text;
    rc = bucket_request_ask(bucket, &request);
    free(text);

    if (rc == BUCKET_OK) {
        return bucket_judge_late(bucket, &request);
    }
    if (rc != BUCKET_MISSING || strcmp(bucket->code, "NoSuchUpload") != 0) {
        return rc;
    }

    for (i = 0; i < count; i++) {
        total += parts[i].size;
    }

    rc = bucket_size(bucket, name, &size);
    return rc == BUCKET_OK && size != total
               ? bucket_say(bucket, BUCKET_WRONG,
                            "\"%.200s\" was completed with %llu bytes in place "
                            "of %llu",
                            name, (unsigned long long) size,
                            (unsigned long long) total)
               : rc;
}


bucket_rc_t
bucket_parts_abort(bucket_t *bucket, const char *name, const char *upload)
{
    const sigv4_pair_t query[] = { { "uploadId", upload } };

    return bucket_request_remove(bucket, name, query, 1);
}


/* ---- pages ---- */

typedef struct {
    int (*found)(void *data, const bucket_part_t *part);
    void *data;
    bucket_part_t part;
    int more;
} parts_page_t;


static int
on_parts_leaf(void *data, const char *name, const char *value)
{
    parts_page_t *page = data;

    if (value == NULL) {
        return strcmp(name, "Part") == 0 ? page->found(page->data, &page->part)
                                         : 0;
    }

    if (strcmp(name, "PartNumber") == 0) {
        page->part.number = (unsigned) strtoul(value, NULL, 10);
    } else if (strcmp(name, "ETag") == 0) {
        snprintf(page->part.etag, sizeof(page->part.etag), "%s", value);
    } else if (strcmp(name, "Size") == 0) {
        page->part.size = strtoull(value, NULL, 10);
    } else if (strcmp(name, "IsTruncated") == 0) {
        page->more = strcmp(value, "true") == 0;
    }

    return 0;
}


bucket_rc_t
bucket_parts_list(bucket_t *bucket, const char *name, const char *upload,
                  unsigned after,
                  int (*found)(void *data, const bucket_part_t *part),
                  void *data, int *more)
{
    char marker[NUMBER_SIZE];
    bucket_rc_t rc;
    parts_page_t page = { .found = found, .data = data };
    const sigv4_pair_t query[] = { { "uploadId", upload },
                                   { "max-parts", PAGE },
                                   { "part-number-marker", marker } };
    bucket_request_t request = {
        .method = "GET", .name = name, .fd = -1, .query = query, .queries = 3
    };

    snprintf(marker, sizeof(marker), "%u", after);
    rc = bucket_request_page(bucket, &request, on_parts_leaf, &page);
    *more = page.more;
    return rc;
}


typedef struct {
    int (*found)(void *data, const char *name, const char *upload,
                 time_t begun);
    void *data;
    size_t skip; /* of a key */
    char name[1100];
    char upload[BUCKET_UPLOAD_SIZE];
    time_t begun;
    int more;
} uploads_page_t;


static int
on_uploads_leaf(void *data, const char *name, const char *value)
{
    uploads_page_t *page = data;

    if (value == NULL) {
        return strcmp(name, "Upload") == 0 && strlen(page->name) > page->skip
                   ? page->found(page->data, page->name + page->skip,
                                 page->upload, page->begun)
                   : 0;
    }

    if (strcmp(name, "Key") == 0) {
        snprintf(page->name, sizeof(page->name), "%s", value);
    } else if (strcmp(name, "UploadId") == 0) {
        snprintf(page->upload, sizeof(page->upload), "%s", value);
    } else if (strcmp(name, "Initiated") == 0) {
        page->begun = bucket_request_time(value);
    } else if (strcmp(name, "IsTruncated") == 0) {
        page->more = strcmp(value, "true") == 0;
    }

    return 0;
}


bucket_rc_t
bucket_uploads_list(bucket_t *bucket, const char *begin, const char *after,
                    const char *after_upload,
                    int (*found)(void *data, const char *name,
                                 const char *upload, time_t begun),
                    void *data, int *more)
{
    char prefix[BUCKET_PATH_SIZE], start[BUCKET_PATH_SIZE];
    const char *before = bucket->location->prefix;
    bucket_rc_t rc;
    uploads_page_t page = { .found = found,
                            .data = data,
                            .skip = strlen(before) };
    const sigv4_pair_t query[] = { { "uploads", "" },
                                   { "max-uploads", PAGE },
                                   { "prefix", prefix },
                                   { "key-marker", start },
                                   { "upload-id-marker", after_upload } };
    bucket_request_t request = { .method = "GET",
                                 .name = "",
                                 .fd = -1,
                                 .query = query,
                                 .queries = *after ? 5 : 3 };

    snprintf(prefix, sizeof(prefix), "%s%s", before, begin);
    snprintf(start, sizeof(start), "%s%s", before, after);
    rc = bucket_request_page(bucket, &request, on_uploads_leaf, &page);
    *more = page.more;
    return rc;
}
