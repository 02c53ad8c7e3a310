/* The store in a folder: publishing is a rename. */

#define _GNU_SOURCE /* renameat2 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/base/uuid.h"
#include "worker/base/file.h"
#include "spool.h"
#include "store_internal.h"


static int
store_folder_of(const config_t *config, const char *media, char path[PATH_MAX])
{
    char name[3 + UUID_TEXT_SIZE];

    snprintf(name, sizeof(name), "%s/%s", uuid_shard(media), media);
    return file_join(path, config->media, name);
}


/* 0 when the folder has a file whose name starts so, or -1. */
static int
store_folder_match(const char *folder, const char *prefix, char path[PATH_MAX])
{
    int rc = -1;
    DIR *dir;
    const struct dirent *entry;

    dir = opendir(folder);
    if (dir == NULL) {
        return -1;
    }

    while (rc != 0 && (entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0) {
            rc = file_join(path, folder, entry->d_name);
        }
    }

    closedir(dir);
    return rc;
}


static int
store_folder_find_original(const config_t *config, const char *media,
                           char path[PATH_MAX])
{
    char folder[PATH_MAX];

    if (store_folder_of(config, media, folder) != 0
        || (store_folder_match(folder, STORE_ORIGINAL, path) != 0
            && file_join(path, config->spool, media) != 0)) {
        return -1;
    }

    return spool_readable(path);
}


static int
store_folder_find_attachment(const config_t *config, const char *media,
                             const char *attachment, char path[PATH_MAX])
{
    char folder[PATH_MAX], attachments[PATH_MAX], prefix[UUID_TEXT_SIZE + 1];

    snprintf(prefix, sizeof(prefix), "%s.", attachment);

    if (store_folder_of(config, media, folder) != 0
        || file_join(attachments, folder, STORE_ATTACHMENTS) != 0
        || (store_folder_match(attachments, prefix, path) != 0
            && file_join(path, config->spool, attachment) != 0)) {
        return -1;
    }

    return spool_readable(path);
}


static int
store_folder_find_file(const config_t *config, const char *media,
                       const char *name, char path[PATH_MAX])
{
    char folder[PATH_MAX];

    return store_folder_of(config, media, folder) == 0
                   && file_join(path, folder, name) == 0
               ? access(path, R_OK)
               : -1;
}


/* An earlier try may have published and then lost its connection. */
static int
store_folder_move(const config_t *config, const char *media, const char *from,
                  const char *name)
{
    char shard[PATH_MAX], folder[PATH_MAX], to[PATH_MAX], inner[PATH_MAX];

    if (file_join(shard, config->media, uuid_shard(media)) != 0
        || store_folder_of(config, media, folder) != 0
        || file_join(to, folder, name) != 0) {
        return -1;
    }

    if ((mkdir(shard, 0755) != 0 && errno != EEXIST)
        || (mkdir(folder, 0755) != 0 && errno != EEXIST)) {
        return -1;
    }

    /* the folder that it comes into: the media's, or one in that */
    snprintf(inner, sizeof(inner), "%.*s", (int) (strrchr(to, '/') - to), to);
    if (mkdir(inner, 0755) != 0 && errno != EEXIST) {
        return -1;
    }

    /* It may be there already: then what follows is left to do, as far as
       anyone knows. EINVAL: a filesystem that knows no such flag. */
    if (strcmp(from, to) != 0
        && renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0
        && errno != EEXIST
        && (errno != EINVAL
            || (access(to, F_OK) != 0 && rename(from, to) != 0))) {
        return -1;
    }

    return file_sync(inner) == 0 && file_sync(folder) == 0
                   && file_sync(shard) == 0
               ? file_sync(config->media)
               : -1;
}


/* The upload's own name is that of the file in the spool. */
static int
store_folder_keep(const config_t *config, const char *media, const char *upload,
                  const char *from, const char *name)
{
    (void) upload;

    return store_folder_move(config, media, from, name) == 0
               ? file_sync(config->spool)
               : -1;
}


/* Without a folder there is nothing to remove. */
static int
store_folder_synced(const char *folder)
{
    return file_sync(folder) == 0 || errno == ENOENT ? 0 : -1;
}


static int
store_folder_unpublish(const config_t *config, const char *media,
                       const char *name)
{
    char folder[PATH_MAX], path[PATH_MAX];

    if (store_folder_of(config, media, folder) != 0
        || file_join(path, folder, name) != 0 || file_erase(path) != 0) {
        return -1;
    }

    /* folders that it leaves empty go with it */
    do {
        *strrchr(path, '/') = '\0';
    } while (strlen(path) > strlen(folder) && rmdir(path) == 0);

    return store_folder_synced(path);
}


static int
store_folder_remove_upload(const config_t *config, const char *upload)
{
    char path[PATH_MAX];

    return file_join(path, config->spool, upload) == 0 ? file_erase(path) : -1;
}


static int
store_folder_remove_attachment(const config_t *config, const char *media,
                               const char *attachment)
{
    char folder[PATH_MAX], attachments[PATH_MAX], path[PATH_MAX];
    char prefix[UUID_TEXT_SIZE + 1];

    snprintf(prefix, sizeof(prefix), "%s.", attachment);

    if (store_folder_of(config, media, folder) != 0
        || file_join(attachments, folder, STORE_ATTACHMENTS) != 0) {
        return -1;
    }

    while (store_folder_match(attachments, prefix, path) == 0) {
        if (file_erase(path) != 0) {
            return -1;
        }
    }

    return store_folder_remove_upload(config, attachment) == 0
               ? store_folder_synced(attachments)
               : -1;
}


static int
store_folder_remove(const config_t *config, const char *media)
{
    char path[PATH_MAX], part[UUID_TEXT_SIZE + sizeof(".part")];

    snprintf(part, sizeof(part), "%s.part", media);

    if (store_folder_of(config, media, path) != 0 || file_erase(path) != 0
        || file_join(path, config->spool, media) != 0 || file_erase(path) != 0
        || file_join(path, config->spool, part) != 0) {
        return -1;
    }

    return file_erase(path);
}


const store_form_t store_folder = {
    .find_original = store_folder_find_original,
    .find_attachment = store_folder_find_attachment,
    .find_file = store_folder_find_file,
    .keep = store_folder_keep,
    .publish = store_folder_move,
    .unpublish = store_folder_unpublish,
    .remove_attachment = store_folder_remove_attachment,
    .remove_upload = store_folder_remove_upload,
    .remove = store_folder_remove,
};
