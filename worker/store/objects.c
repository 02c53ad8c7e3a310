#include "core/bucket/bucket_parts.h"
#include "objects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "remote.h"

#define OBJECTS_FNV_PRIME 16777619U /* FNV-1a */
#define OBJECTS_FNV_BASIS 2166136261U

typedef struct {
    object_t *objects;
    int count;
} objects_page_t;


static uint32_t
objects_tag(const char *etag)
{
    uint32_t tag = OBJECTS_FNV_BASIS;

    for (/* void */; *etag != '\0'; etag++) {
        tag = (tag ^ (unsigned char) *etag) * OBJECTS_FNV_PRIME;
    }

    return tag;
}


/* One that was removed is none, and no version but the last is. */
static int
objects_found(void *data, const bucket_version_t *version)
{
    object_t *object;
    objects_page_t *page = data;

    if (!version->latest || version->removed
        || strlen(version->name) >= OBJECTS_NAME_SIZE) {
        return 0;
    }

    object = &page->objects[page->count++];
    snprintf(object->name, sizeof(object->name), "%s", version->name);
    object->size = version->size;
    object->tag = objects_tag(version->etag);
    object->modified = version->modified;

    return page->count == OBJECTS_MANY;
}


int
objects_page(const config_t *config, const char *begin, const char *after,
             object_t objects[OBJECTS_MANY])
{
    objects_page_t page = { .objects = objects };
    bucket_t *bucket = remote_bucket(config);

    if (remote_stopped()) {
        errno = ECANCELED;
        return -1;
    }

    return bucket != NULL
                   && remote_judge(bucket,
                                   bucket_versions(bucket, begin, after,
                                                   objects_found, &page))
                          == 0
               ? page.count
               : -1;
}


void
objects_add(objects_sum_t *sum, const object_t *object)
{
    sum->count++;
    sum->size += object->size;
    sum->tags += object->tag;
    if (object->modified > sum->newest) {
        sum->newest = object->modified;
    }
}


void
objects_mark(const objects_sum_t *sum, char mark[OBJECTS_MARK_SIZE])
{
    snprintf(mark, OBJECTS_MARK_SIZE, "%llu %llu %08x %lld",
             (unsigned long long) sum->count, (unsigned long long) sum->size,
             sum->tags, (long long) sum->newest);
}


/* Calls `each` for the file of that name and those below it. 0 or -1. */
static int
objects_each(const config_t *config, const char *name,
             int (*each)(const config_t *config, void *data,
                         const object_t *object),
             void *data)
{
    int i, count, rc = 0;
    const size_t len = strlen(name);
    char after[OBJECTS_NAME_SIZE] = "";
    object_t *objects = calloc(OBJECTS_MANY, sizeof(*objects));

    if (objects == NULL) {
        return -1;
    }

    do {
        count = objects_page(config, name, after, objects);
        rc = count == -1 ? -1 : 0;

        for (i = 0; i < count && rc == 0; i++) {
            if (objects[i].name[len] == '\0' || objects[i].name[len] == '/') {
                rc = each(config, data, &objects[i]);
            }
            memcpy(after, objects[i].name, sizeof(after));
        }
    } while (rc == 0 && count == OBJECTS_MANY);

    free(objects);
    return rc;
}


static int
objects_add_one(const config_t *config, void *data, const object_t *object)
{
    (void) config;
    objects_add(data, object);
    return 0;
}


int
objects_look(const config_t *config, const char *name, objects_sum_t *sum)
{
    memset(sum, 0, sizeof(*sum));
    return objects_each(config, name, objects_add_one, sum);
}


static int
objects_remove_one(const config_t *config, void *data, const object_t *object)
{
    bucket_t *bucket = remote_bucket(config);

    (void) data;
    return bucket != NULL
               ? remote_judge(bucket, bucket_remove(bucket, object->name))
               : -1;
}


int
objects_remove(const config_t *config, const char *name)
{
    return objects_each(config, name, objects_remove_one, NULL);
}


int
objects_abort(const config_t *config, const char *name, const char *multipart)
{
    bucket_t *bucket = remote_bucket(config);

    return bucket != NULL ? remote_judge(
               bucket, bucket_parts_abort(bucket, name, multipart))
                          : -1;
}


static int
objects_first(void *data, const char *name, uint64_t size)
{
    (void) size;
    snprintf(data, OBJECTS_NAME_SIZE, "%s", name);
    return 1;
}


int
objects_head(const config_t *config, const char *begin,
             char name[OBJECTS_NAME_SIZE], bucket_head_t *head)
{
    int more;
    bucket_t *bucket = remote_bucket(config);

    name[0] = '\0';
    if (bucket == NULL
        || remote_judge(bucket, bucket_list(bucket, begin, "", objects_first,
                                            name, &more))
               != 0) {
        return -1;
    }

    if (name[0] == '\0') {
        errno = ENOENT;
        return -1;
    }

    return remote_judge(bucket, bucket_head(bucket, name, head));
}


int
objects_read(const config_t *config, const char *name,
             const bucket_head_t *head, uint64_t from, uint64_t size, int fd)
{
    bucket_t *bucket = remote_bucket(config);

    if (remote_stopped()) {
        errno = ECANCELED;
        return -1;
    }

    return bucket != NULL ? remote_judge(
               bucket, bucket_get_same(bucket, name, head, from, size, fd))
                          : -1;
}
