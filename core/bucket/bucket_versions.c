#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bucket_internal.h"
#include "bucket_object.h"
#include "bucket_xml.h"

#define PAGE "1000"

typedef struct {
    int (*found)(void *data, const bucket_version_t *version);
    void *data;
    size_t skip; /* of a key */
    int more, ended;
    char name[1100], id[BUCKET_VERSION_SIZE], etag[BUCKET_ETAG_SIZE];
    bucket_version_t version;
    char next[1100], next_id[BUCKET_VERSION_SIZE];
} versions_t;


static int
on_version(versions_t *page, int removed)
{
    bucket_version_t *version = &page->version;

    if (strlen(page->name) <= page->skip) {
        return 0;
    }

    version->name = page->name + page->skip;
    version->id = page->id;
    version->etag = removed ? "" : page->etag;
    version->removed = removed;
    page->ended = page->found(page->data, version);

    version->size = 0;
    return page->ended;
}


static int
on_leaf(void *data, const char *name, const char *value)
{
    versions_t *page = data;

    if (value == NULL) {
        return strcmp(name, "Version") == 0        ? on_version(page, 0)
               : strcmp(name, "DeleteMarker") == 0 ? on_version(page, 1)
                                                   : 0;
    }

    if (strcmp(name, "Key") == 0) {
        snprintf(page->name, sizeof(page->name), "%s", value);
    } else if (strcmp(name, "VersionId") == 0) {
        snprintf(page->id, sizeof(page->id), "%s", value);
    } else if (strcmp(name, "ETag") == 0) {
        snprintf(page->etag, sizeof(page->etag), "%s", value);
    } else if (strcmp(name, "Size") == 0) {
        page->version.size = strtoull(value, NULL, 10);
    } else if (strcmp(name, "IsLatest") == 0) {
        page->version.latest = strcmp(value, "true") == 0;
    } else if (strcmp(name, "LastModified") == 0) {
        page->version.modified = bucket_request_time(value);
    } else if (strcmp(name, "IsTruncated") == 0) {
        page->more = strcmp(value, "true") == 0;
    } else if (strcmp(name, "NextKeyMarker") == 0) {
        snprintf(page->next, sizeof(page->next), "%s", value);
    } else if (strcmp(name, "NextVersionIdMarker") == 0) {
        snprintf(page->next_id, sizeof(page->next_id), "%s", value);
    }

    return 0;
}


/* One page, behind what `page` says. */
static bucket_rc_t
ask_versions(bucket_t *bucket, const char *prefix, versions_t *page)
{
    const char *after = page->next, *after_id = page->next_id;
    char key[sizeof(page->next)], id[sizeof(page->next_id)];
    const sigv4_pair_t query[] = { { "versions", "" },
                                   { "max-keys", PAGE },
                                   { "prefix", prefix },
                                   { "key-marker", key },
                                   { "version-id-marker", id } };
    bucket_request_t request = {
        .method = "GET",
        .name = "",
        .fd = -1,
        .query = query,
        .queries = *after == '\0'      ? 3
                   : *after_id == '\0' ? 4
                                       : 5,
    };

    memcpy(key, after, sizeof(key));
    memcpy(id, after_id, sizeof(id));
    page->next[0] = page->next_id[0] = '\0';
    page->more = 0;

    return bucket_request_page(bucket, &request, on_leaf, page);
}


bucket_rc_t
bucket_versions(bucket_t *bucket, const char *begin, const char *after,
                int (*found)(void *data, const bucket_version_t *version),
                void *data)
{
    bucket_rc_t rc;
    versions_t *page;
    char prefix[BUCKET_PATH_SIZE];

    page = calloc(1, sizeof(*page));
    if (page == NULL) {
        return bucket_say(bucket, BUCKET_WRONG, "out of memory");
    }

    page->found = found;
    page->data = data;
    page->skip = strlen(bucket->location->prefix);
    snprintf(prefix, sizeof(prefix), "%s%s", bucket->location->prefix, begin);
    if (*after != '\0') {
        snprintf(page->next, sizeof(page->next), "%s%s",
                 bucket->location->prefix, after);
    }

    do {
        rc = ask_versions(bucket, prefix, page);
    } while (rc == BUCKET_OK && page->more && !page->ended
             && page->next[0] != '\0');

    free(page);
    return rc;
}


bucket_rc_t
bucket_remove_version(bucket_t *bucket, const char *name, const char *id)
{
    const sigv4_pair_t query[] = { { "versionId", id } };

    return bucket_request_remove(bucket, name, query, 1);
}
