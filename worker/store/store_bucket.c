/*
 * The store in a bucket. Objects have the names that files have in a folder:
 * media/<xx>/<media id>/…; nobody asks for one before the record names it, so
 * none has to appear at once with others. What nginx has received whole is in
 * the local spool, or, where nginx brings it there itself, in the bucket as
 * spool/<id>.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/base/media_type.h"
#include "core/base/uuid.h"
#include "core/bucket/bucket_object.h"
#include "worker/base/file.h"
#include "spool.h"
#include "store_internal.h"

#define STORE_BUCKET_NAME 512 /* bytes of an object's name */
#define STORE_BUCKET_OTHER "application/octet-stream"

typedef struct {
    char name[STORE_BUCKET_NAME]; /* empty: none */
} store_bucket_found_t;


static void
store_bucket_name(char out[STORE_BUCKET_NAME], const char *media,
                  const char *name)
{
    snprintf(out, STORE_BUCKET_NAME, "media/%s/%s/%s", uuid_shard(media), media,
             name);
}


static void
store_bucket_spool(char out[STORE_BUCKET_NAME], const char *upload)
{
    snprintf(out, STORE_BUCKET_NAME, "spool/%s", upload);
}


/* ---- finding ---- */

static int
store_bucket_first(void *data, const char *name, uint64_t size)
{
    store_bucket_found_t *found = data;

    (void) size;
    snprintf(found->name, sizeof(found->name), "%s", name);
    return 1;
}


/* The first object whose name begins so. 0, or -1 with errno set. */
static int
store_bucket_match(const config_t *config, const char *begin,
                   char name[STORE_BUCKET_NAME])
{
    int more;
    store_bucket_found_t found = { .name = "" };
    bucket_t *bucket = remote_bucket(config);

    if (bucket == NULL
        || remote_judge(bucket, bucket_list(bucket, begin, "",
                                            store_bucket_first, &found, &more))
               != 0) {
        return -1;
    }

    if (found.name[0] == '\0') {
        errno = ENOENT;
        return -1;
    }

    memcpy(name, found.name, STORE_BUCKET_NAME);
    return 0;
}


/* 0 when there is such an object, or -1 with errno set. */
static int
store_bucket_exists(const config_t *config, const char *name)
{
    uint64_t size;
    bucket_t *bucket = remote_bucket(config);

    return bucket != NULL
               ? remote_judge(bucket, bucket_size(bucket, name, &size))
               : -1;
}


/* What came in as `upload`: in the spool of this machine, kept under a name
   that begins so, or in the bucket's spool. */
static int
store_bucket_find(const config_t *config, const char *upload, const char *begin,
                  char path[PATH_MAX])
{
    char name[STORE_BUCKET_NAME];

    if (file_join(path, config->spool, upload) != 0) {
        return -1;
    }
    if (access(path, F_OK) == 0) {
        return spool_readable(path);
    }

    if (store_bucket_match(config, begin, name) != 0) {
        if (errno != ENOENT) {
            return -1;
        }
        store_bucket_spool(name, upload);
    }

    return originals_get(config, name, path);
}


static int
store_bucket_find_original(const config_t *config, const char *media,
                           char path[PATH_MAX])
{
    char begin[STORE_BUCKET_NAME];

    store_bucket_name(begin, media, STORE_ORIGINAL);
    return store_bucket_find(config, media, begin, path);
}


static int
store_bucket_find_attachment(const config_t *config, const char *media,
                             const char *attachment, char path[PATH_MAX])
{
    char name[sizeof(STORE_ATTACHMENTS) + UUID_TEXT_SIZE + 1];
    char begin[STORE_BUCKET_NAME];

    snprintf(name, sizeof(name), STORE_ATTACHMENTS "/%s.", attachment);
    store_bucket_name(begin, media, name);
    return store_bucket_find(config, attachment, begin, path);
}


static int
store_bucket_find_file(const config_t *config, const char *media,
                       const char *name, char path[PATH_MAX])
{
    char object[STORE_BUCKET_NAME];

    store_bucket_name(object, media, name);
    return originals_get(config, object, path);
}


/* ---- putting ---- */

static const char *
store_bucket_type(const char *name)
{
    const char *dot = strrchr(name, '.'), *type = NULL;

    if (dot != NULL) {
        type = media_type(dot + 1, strlen(dot + 1));
    }

    return type != NULL ? type : STORE_BUCKET_OTHER;
}


static int
store_bucket_put_open(const config_t *config, const char *name, int fd)
{
    struct stat st;
    bucket_t *bucket = remote_bucket(config);

    if (bucket == NULL || fstat(fd, &st) != 0) {
        return -1;
    }

    if (remote_stopped()) {
        errno = ECANCELED;
        return -1;
    }

    return remote_judge(
        bucket, bucket_put_file(bucket, name, store_bucket_type(name), fd,
                                (uint64_t) st.st_size, remote_stopped));
}


/* What is there already stays: then what follows is left to do, as far as
   anyone knows. */
static int
store_bucket_put(const config_t *config, const char *name, const char *from)
{
    int fd, rc, failed;

    if (store_bucket_exists(config, name) == 0) {
        return 0;
    }
    if (errno != ENOENT) {
        return -1;
    }

    fd = file_open(from);
    if (fd == -1) {
        return -1;
    }

    rc = store_bucket_put_open(config, name, fd);
    failed = errno;
    close(fd);
    errno = failed;
    return rc;
}


/* By the bucket itself, where nginx has brought it there. */
static int
store_bucket_copy(const config_t *config, const char *from, const char *name)
{
    bucket_t *bucket;

    if (store_bucket_exists(config, name) == 0) {
        return 0;
    }

    bucket = errno == ENOENT ? remote_bucket(config) : NULL;

    return bucket != NULL ? remote_judge(
               bucket, bucket_copy(bucket, from, name, store_bucket_type(name)))
                          : -1;
}


/* It is safe under its new name before the old one goes. */
static int
store_bucket_keep(const config_t *config, const char *media, const char *upload,
                  const char *from, const char *name)
{
    int rc;
    bucket_t *bucket;
    char object[STORE_BUCKET_NAME], spooled[STORE_BUCKET_NAME];
    char local[PATH_MAX];

    store_bucket_name(object, media, name);
    store_bucket_spool(spooled, upload);

    if (file_join(local, config->spool, upload) != 0) {
        return -1;
    }

    if (access(local, F_OK) == 0) {
        rc = store_bucket_put(config, object, local);
    } else {
        rc = store_bucket_copy(config, spooled, object);
    }
    if (rc != 0) {
        return -1;
    }

    bucket = remote_bucket(config);
    if (bucket == NULL
        || remote_judge(bucket, bucket_remove(bucket, spooled)) != 0) {
        return -1;
    }

    return originals_take(config, from, object) == 0
               ? spool_forget(config, upload)
               : -1;
}


static int
store_bucket_publish_folder(const config_t *config, const char *object,
                            const char *from)
{
    int rc = 0;
    DIR *dir;
    char path[PATH_MAX], name[2 * STORE_BUCKET_NAME];
    const struct dirent *entry;

    dir = opendir(from);
    if (dir == NULL) {
        return -1;
    }

    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0
            || strcmp(entry->d_name, "..") == 0) {
            continue;
        }

        snprintf(name, sizeof(name), "%s/%s", object, entry->d_name);
        rc = file_join(path, from, entry->d_name) == 0
                 ? store_bucket_put(config, name, path)
                 : -1;
    }

    closedir(dir);
    return rc;
}


static int
store_bucket_publish(const config_t *config, const char *media,
                     const char *from, const char *name)
{
    struct stat st;
    char object[STORE_BUCKET_NAME];

    store_bucket_name(object, media, name);

    if (lstat(from, &st) != 0) {
        return -1;
    }

    return S_ISDIR(st.st_mode)
               ? store_bucket_publish_folder(config, object, from)
               : store_bucket_put(config, object, from);
}


/* ---- removing ---- */

/* A page of what is to go. */
typedef struct {
    size_t count;
    struct {
        char name[STORE_BUCKET_NAME];
        char version[BUCKET_VERSION_SIZE];
    } item[BUCKET_PAGE];
} store_bucket_page_t;

typedef struct {
    store_bucket_page_t *page;
    const char *name; /* this one and those below it alone; NULL: all */
} store_bucket_search_t;


static int
store_bucket_note(void *data, const bucket_version_t *version)
{
    store_bucket_search_t *search = data;
    store_bucket_page_t *page = search->page;
    const size_t len = search->name ? strlen(search->name) : 0;

    if (search->name != NULL && version->name[len] != '\0'
        && version->name[len] != '/') {
        return 0;
    }

    snprintf(page->item[page->count].name, STORE_BUCKET_NAME, "%s",
             version->name);
    snprintf(page->item[page->count].version, BUCKET_VERSION_SIZE, "%s",
             version->id);
    return ++page->count == BUCKET_PAGE;
}


/* All versions of all objects whose names begin so, and their marks of being
   removed: nobody brings them back. */
static int
store_bucket_erase(const config_t *config, const char *begin, const char *only)
{
    size_t i;
    int rc = 0;
    bucket_t *bucket;
    store_bucket_search_t search = { .name = only };

    search.page = malloc(sizeof(*search.page));
    if (search.page == NULL) {
        return -1;
    }

    do {
        search.page->count = 0;
        bucket = remote_bucket(config);
        rc = bucket != NULL ? remote_judge(
                 bucket,
                 bucket_versions(bucket, begin, "", store_bucket_note, &search))
                            : -1;

        for (i = 0; rc == 0 && i < search.page->count; i++) {
            rc = remote_judge(
                bucket, bucket_remove_version(bucket, search.page->item[i].name,
                                              search.page->item[i].version));
        }
    } while (rc == 0 && search.page->count > 0);

    free(search.page);
    return rc;
}


static int
store_bucket_unpublish(const config_t *config, const char *media,
                       const char *name)
{
    char object[STORE_BUCKET_NAME];

    store_bucket_name(object, media, name);
    return store_bucket_erase(config, object, object) == 0
               ? originals_forget(config, object)
               : -1;
}


static int
store_bucket_remove_upload(const config_t *config, const char *upload)
{
    char object[STORE_BUCKET_NAME];

    store_bucket_spool(object, upload);
    return store_bucket_erase(config, object, NULL) == 0
                   && originals_forget(config, object) == 0
               ? spool_forget(config, upload)
               : -1;
}


static int
store_bucket_remove_attachment(const config_t *config, const char *media,
                               const char *attachment)
{
    char name[sizeof(STORE_ATTACHMENTS) + UUID_TEXT_SIZE + 1];
    char object[STORE_BUCKET_NAME];

    snprintf(name, sizeof(name), STORE_ATTACHMENTS "/%s", attachment);
    store_bucket_name(object, media, name);

    return store_bucket_erase(config, object, NULL) == 0
                   && originals_forget(config, object) == 0
               ? store_bucket_remove_upload(config, attachment)
               : -1;
}


static int
store_bucket_remove(const config_t *config, const char *media)
{
    char object[STORE_BUCKET_NAME];

    store_bucket_name(object, media, "");
    if (store_bucket_erase(config, object, NULL) != 0) {
        return -1;
    }

    *strrchr(object, '/') = '\0';
    return originals_forget(config, object) == 0
               ? store_bucket_remove_upload(config, media)
               : -1;
}


const store_form_t store_bucket = {
    .find_original = store_bucket_find_original,
    .find_attachment = store_bucket_find_attachment,
    .find_file = store_bucket_find_file,
    .keep = store_bucket_keep,
    .publish = store_bucket_publish,
    .unpublish = store_bucket_unpublish,
    .remove_attachment = store_bucket_remove_attachment,
    .remove_upload = store_bucket_remove_upload,
    .remove = store_bucket_remove,
};
