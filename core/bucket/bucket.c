#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bucket_internal.h"
#include "bucket_xml.h"

#define PAGE "1000"


bucket_t *
bucket_open(const bucket_carrier_t *carrier, const location_t *location,
            const credentials_t *credentials)
{
    bucket_t *bucket;

    bucket = calloc(1, sizeof(bucket_t));
    if (bucket == NULL) {
        return NULL;
    }

    bucket->carrier = carrier;
    bucket->carries = carrier->open();
    if (bucket->carries == NULL) {
        free(bucket);
        return NULL;
    }

    bucket->location = location;
    bucket->credentials = credentials;
    location_authority(location, bucket->authority);
    return bucket;
}


void
bucket_renews(bucket_t *bucket, int (*renew)(void *data), void *data)
{
    bucket->renew = renew;
    bucket->renews = data;
}


void
bucket_close(bucket_t *bucket)
{
    if (bucket) {
        bucket->carrier->close(bucket->carries);
        free(bucket->body);
        free(bucket);
    }
}


const char *
bucket_said(const bucket_t *bucket)
{
    return bucket->said;
}


const char *
bucket_code(const bucket_t *bucket)
{
    return bucket->code;
}


long
bucket_skew(const bucket_t *bucket)
{
    return bucket->skew;
}


bucket_rc_t
bucket_put(bucket_t *bucket, const char *name, const char *type, int fd,
           uint64_t from, uint64_t size)
{
    bucket_request_t request = { .method = "PUT",
                                 .name = name,
                                 .type = type,
                                 .fd = fd,
                                 .from = from,
                                 .size = size,
                                 .upload = 1,
                                 .checked = 1,
                                 .creates = 1 };

    return bucket_request_ask(bucket, &request);
}


bucket_rc_t
bucket_get_to(bucket_t *bucket, const char *name, uint64_t from, uint64_t size,
              int fd, uint64_t to)
{
    bucket_rc_t rc;
    bucket_request_t request = { .method = "GET",
                                 .name = name,
                                 .fd = fd,
                                 .from = from,
                                 .size = size,
                                 .to = to };

    if (size == 0) {
        return BUCKET_OK;
    }

    rc = bucket_request_ask(bucket, &request);

    return rc == BUCKET_OK && request.done != size
               ? bucket_say(bucket, BUCKET_WRONG,
                            "\"%.200s\" ends after %llu bytes of "
                            "%llu",
                            name, (unsigned long long) (from + request.done),
                            (unsigned long long) (from + size))
               : rc;
}


bucket_rc_t
bucket_get(bucket_t *bucket, const char *name, uint64_t from, uint64_t size,
           int fd)
{
    return bucket_get_to(bucket, name, from, size, fd, 0);
}


bucket_rc_t
bucket_size(bucket_t *bucket, const char *name, uint64_t *size)
{
    bucket_rc_t rc;
    bucket_request_t request = { .method = "HEAD", .name = name, .fd = -1 };

    rc = bucket_request_ask(bucket, &request);
    if (rc == BUCKET_OK && request.length >= 0) {
        *size = (uint64_t) request.length;
    }

    return rc;
}


bucket_rc_t
bucket_remove(bucket_t *bucket, const char *name)
{
    return bucket_request_remove(bucket, name, NULL, 0);
}


/* ---- a page of names ---- */

typedef struct {
    int (*found)(void *data, const char *name, uint64_t size);
    void *data;
    const char *prefix;
    char name[1100];
    uint64_t size;
    int more;
} page_t;


static int
on_page_leaf(void *data, const char *name, const char *value)
{
    page_t *page = data;
    size_t skip = strlen(page->prefix);

    if (value == NULL) {
        return strcmp(name, "Contents") == 0 && strlen(page->name) > skip
                   ? page->found(page->data, page->name + skip, page->size)
                   : 0;
    }

    if (strcmp(name, "Key") == 0) {
        snprintf(page->name, sizeof(page->name), "%s", value);
    } else if (strcmp(name, "Size") == 0) {
        page->size = strtoull(value, NULL, 10);
    } else if (strcmp(name, "IsTruncated") == 0) {
        page->more = strcmp(value, "true") == 0;
    }

    return 0;
}


bucket_rc_t
bucket_list(bucket_t *bucket, const char *begin, const char *after,
            int (*found)(void *data, const char *name, uint64_t size),
            void *data, int *more)
{
    char prefix[BUCKET_PATH_SIZE], start[BUCKET_PATH_SIZE];
    bucket_rc_t rc;
    page_t page = { .found = found,
                    .data = data,
                    .prefix = bucket->location->prefix };
    const sigv4_pair_t query[] = { { "list-type", "2" },
                                   { "max-keys", PAGE },
                                   { "prefix", prefix },
                                   { "start-after", start } };
    bucket_request_t request = { .method = "GET",
                                 .name = "",
                                 .fd = -1,
                                 .query = query,
                                 .queries = *after ? 4 : 3 };

    snprintf(prefix, sizeof(prefix), "%s%s", bucket->location->prefix, begin);
    snprintf(start, sizeof(start), "%s%s", bucket->location->prefix, after);

    rc = bucket_request_page(bucket, &request, on_page_leaf, &page);
    *more = page.more;
    return rc;
}


/* ---- what sort of bucket it is ---- */

bucket_rc_t
bucket_is_public(bucket_t *bucket, const char *name, int *open)
{
    bucket_rc_t rc;
    bucket_request_t request = {
        .method = "HEAD", .name = name, .fd = -1, .anonymous = 1
    };

    rc = bucket_request_ask(bucket, &request);
    *open = rc == BUCKET_OK;
    return rc == BUCKET_AWAY ? rc : BUCKET_OK;
}


static int
on_versions_leaf(void *data, const char *name, const char *value)
{
    int *keeps = data;

    *keeps |= value && strcmp(name, "Status") == 0
              && strcmp(value, "Enabled") == 0;
    return 0;
}


bucket_rc_t
bucket_keeps_versions(bucket_t *bucket, int *keeps)
{
    static const sigv4_pair_t query[] = { { "versioning", "" } };
    bucket_rc_t rc;
    bucket_request_t request = {
        .method = "GET", .name = "", .fd = -1, .query = query, .queries = 1
    };

    *keeps = 0;
    rc = bucket_request_ask(bucket, &request);
    if (rc == BUCKET_OK && bucket->len > 0) {
        bucket_xml_read(bucket->body, bucket->len, on_versions_leaf, keeps);
    }

    return rc;
}
