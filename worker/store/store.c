#define _GNU_SOURCE /* renameat2 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/base/uuid.h"
#include "worker/base/file.h"
#include "worker/base/pulse.h"
#include "store.h"

#define STORE_TRY ".XXXXXX" /* mkdtemp() fills it in */
#define STORE_ORIGINAL "original."
#define STORE_ATTACHMENTS "attachments"


int
store_work_create(const config_t *config, const char *job, char path[PATH_MAX])
{
    int fd, tries;
    char name[UUID_TEXT_LEN + sizeof(STORE_TRY)];
    struct stat held, named;

    /* A sweep may remove the folder between its making and its locking. */
    for (tries = 0; tries < 3; tries++) {
        snprintf(name, sizeof(name), "%s" STORE_TRY, job);
        if (file_join(path, config->work, name) != 0 || mkdtemp(path) == NULL) {
            return -1;
        }

        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd == -1) {
            continue;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &held) == 0
            && stat(path, &named) == 0 && held.st_ino == named.st_ino) {
            return fd;
        }
        close(fd);
    }

    errno = EBUSY;
    return -1;
}


void
store_work_sweep(const config_t *config)
{
    int fd;
    char path[PATH_MAX];
    DIR *dir;
    const struct dirent *entry;

    dir = opendir(config->work);
    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        pulse_beat();

        if (strlen(entry->d_name) != UUID_TEXT_LEN + sizeof(STORE_TRY) - 1
            || !uuid_valid(entry->d_name, UUID_TEXT_LEN)
            || file_join(path, config->work, entry->d_name) != 0) {
            continue;
        }

        chmod(path, 0700); /* a tool may have closed it */
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd == -1) {
            continue;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            file_erase(path);
        }
        close(fd);
    }

    closedir(dir);
}


static int
store_folder(const config_t *config, const char *media, char path[PATH_MAX])
{
    char name[3 + UUID_TEXT_SIZE];

    snprintf(name, sizeof(name), "%s/%s", uuid_shard(media), media);
    return file_join(path, config->media, name);
}


/* 0 when the folder has a file whose name starts so, or -1. */
static int
store_find(const char *folder, const char *prefix, char path[PATH_MAX])
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


/* The uploader's process may be another user's, and in the sandbox nobody is
   above permissions. */
static int
store_readable(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        return -1;
    }

    if ((st.st_mode & 0777) != 0644 && chmod(path, 0644) != 0
        && access(path, R_OK) != 0) {
        return -1;
    }

    return 0;
}


int
store_find_original(const config_t *config, const char *media,
                    char path[PATH_MAX])
{
    char folder[PATH_MAX];

    if (store_folder(config, media, folder) != 0
        || (store_find(folder, STORE_ORIGINAL, path) != 0
            && file_join(path, config->spool, media) != 0)) {
        return -1;
    }

    return store_readable(path);
}


int
store_find_attachment(const config_t *config, const char *media,
                      const char *attachment, char path[PATH_MAX])
{
    char folder[PATH_MAX], attachments[PATH_MAX], prefix[UUID_TEXT_SIZE + 1];

    snprintf(prefix, sizeof(prefix), "%s.", attachment);

    if (store_folder(config, media, folder) != 0
        || file_join(attachments, folder, STORE_ATTACHMENTS) != 0
        || (store_find(attachments, prefix, path) != 0
            && file_join(path, config->spool, attachment) != 0)) {
        return -1;
    }

    return store_readable(path);
}


int
store_find_file(const config_t *config, const char *media, const char *name,
                char path[PATH_MAX])
{
    char folder[PATH_MAX];

    return store_folder(config, media, folder) == 0
                   && file_join(path, folder, name) == 0
               ? access(path, R_OK)
               : -1;
}


/* An earlier try may have published and then lost its connection. */
static int
store_move(const config_t *config, const char *media, const char *from,
           const char *name)
{
    char shard[PATH_MAX], folder[PATH_MAX], to[PATH_MAX], inner[PATH_MAX];

    if (file_join(shard, config->media, uuid_shard(media)) != 0
        || store_folder(config, media, folder) != 0
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


int
store_keep_original(const config_t *config, const char *media, const char *from,
                    const char *extension)
{
    char name[64];

    snprintf(name, sizeof(name), STORE_ORIGINAL "%s", extension);

    return store_move(config, media, from, name) == 0 ? file_sync(config->spool)
                                                      : -1;
}


int
store_keep_attachment(const config_t *config, const char *media,
                      const char *attachment, const char *from,
                      const char *extension)
{
    char name[sizeof(STORE_ATTACHMENTS) + UUID_TEXT_SIZE + 32];

    snprintf(name, sizeof(name), STORE_ATTACHMENTS "/%s.%s", attachment,
             extension);

    return store_move(config, media, from, name) == 0 ? file_sync(config->spool)
                                                      : -1;
}


int
store_settle(const char *work, const char *name)
{
    int fd, rc;
    char path[PATH_MAX];

    if (file_join(path, work, name) != 0) {
        return -1;
    }

    fd = file_open(path);
    if (fd == -1) {
        return -1;
    }

    rc = fchmod(fd, 0644) == 0 ? fsync(fd) : -1;
    close(fd);
    return rc;
}


int
store_settle_folder(const char *work, const char *name, int files)
{
    int fd, rc;
    char path[PATH_MAX];
    DIR *dir;
    const struct dirent *entry;

    if (file_join(path, work, name) != 0) {
        return -1;
    }

    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return -1;
    }

    while ((entry = readdir(dir)) != NULL) {
        files -= strcmp(entry->d_name, ".") != 0
                 && strcmp(entry->d_name, "..") != 0;
    }

    if (files == 0) {
        rc = fchmod(fd, 0755) == 0 ? fsync(fd) : -1;
    } else {
        rc = -1;
        errno = EINVAL;
    }

    closedir(dir);
    return rc;
}


int
store_publish(const config_t *config, const char *media, const char *work,
              const char *name)
{
    char from[PATH_MAX];

    return file_join(from, work, name) == 0
               ? store_move(config, media, from, name)
               : -1;
}


int
store_path(const config_t *config, const char *media, const char *name,
           char path[PATH_MAX])
{
    char folder[PATH_MAX];

    return store_folder(config, media, folder) == 0
               ? file_join(path, folder, name)
               : -1;
}


void
store_piece(char name[STORE_PIECE_SIZE], const char *run, int piece)
{
    snprintf(name, STORE_PIECE_SIZE, STORE_PIECES "/%s-%d", run, piece);
}


/* Without a folder there is nothing to remove. */
static int
store_sync_removed(const char *folder)
{
    return file_sync(folder) == 0 || errno == ENOENT ? 0 : -1;
}


int
store_unpublish(const config_t *config, const char *media, const char *name)
{
    char folder[PATH_MAX], path[PATH_MAX];

    if (store_folder(config, media, folder) != 0
        || file_join(path, folder, name) != 0 || file_erase(path) != 0) {
        return -1;
    }

    *strrchr(path, '/') = '\0';

    return store_sync_removed(path);
}


int
store_remove_attachment(const config_t *config, const char *media,
                        const char *attachment)
{
    char folder[PATH_MAX], attachments[PATH_MAX], path[PATH_MAX];
    char prefix[UUID_TEXT_SIZE + 1];

    snprintf(prefix, sizeof(prefix), "%s.", attachment);

    if (store_folder(config, media, folder) != 0
        || file_join(attachments, folder, STORE_ATTACHMENTS) != 0) {
        return -1;
    }

    while (store_find(attachments, prefix, path) == 0) {
        if (file_erase(path) != 0) {
            return -1;
        }
    }

    return store_remove_upload(config, attachment) == 0
               ? store_sync_removed(attachments)
               : -1;
}


int
store_remove_upload(const config_t *config, const char *upload)
{
    char path[PATH_MAX];

    return file_join(path, config->spool, upload) == 0 ? file_erase(path) : -1;
}


int
store_remove(const config_t *config, const char *media)
{
    char path[PATH_MAX], part[UUID_TEXT_SIZE + sizeof(".part")];

    snprintf(part, sizeof(part), "%s.part", media);

    if (store_folder(config, media, path) != 0 || file_erase(path) != 0
        || file_join(path, config->spool, media) != 0 || file_erase(path) != 0
        || file_join(path, config->spool, part) != 0) {
        return -1;
    }

    return file_erase(path);
}
