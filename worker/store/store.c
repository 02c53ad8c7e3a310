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
#include "worker/base/pulse.h"
#include "store.h"
#include "core/base/uuid.h"

#define STORE_TRY ".XXXXXX" /* mkdtemp() fills it in */
#define STORE_ORIGINAL "original."
#define STORE_ATTACHMENTS "attachments"


static int store_folder(const config_t *config, const char *media,
                        char path[PATH_MAX]);
static int store_find(const char *folder, const char *prefix,
                      char path[PATH_MAX]);
static int store_readable(const char *path);
static int store_move(const config_t *config, const char *media,
                      const char *from, const char *name);
static int store_empty(DIR *top);
static int store_erase_folder(int top, const char *name, unsigned *moved);
static int store_erase_file(int folder, const char *name);
static int store_move_up(int folder, const char *name, int top,
                         unsigned *moved);
static int store_is_dots(const char *name);
static int store_sync(const char *path);


int
store_work_create(const config_t *config, const char *job, char path[PATH_MAX])
{
    int fd, tries;
    char name[UUID_TEXT_LEN + sizeof(STORE_TRY)];
    struct stat held, named;

    /* A sweep may remove the folder between its making and its locking. */
    for (tries = 0; tries < 3; tries++) {
        snprintf(name, sizeof(name), "%s" STORE_TRY, job);
        if (store_join(path, config->work, name) != 0
            || mkdtemp(path) == NULL) {
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
            || store_join(path, config->work, entry->d_name) != 0) {
            continue;
        }

        chmod(path, 0700); /* a tool may have closed it */
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd == -1) {
            continue;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            store_erase(path);
        }
        close(fd);
    }

    closedir(dir);
}


int
store_erase(const char *path)
{
    int rc;
    DIR *dir;

    rc = store_erase_file(AT_FDCWD, path);
    if (rc <= 0) {
        return rc;
    }

    dir = opendir(path);
    if (dir == NULL) {
        return -1;
    }

    rc = store_empty(dir);
    closedir(dir);

    return rc == 0 ? rmdir(path) : -1;
}


/* Folders come up into the topmost one before they are emptied: so neither
   paths nor open descriptors grow with the depth of what a tool has nested. */
static int
store_empty(DIR *top)
{
    int rc, left;
    unsigned moved = 0;
    const struct dirent *entry;

    do {
        left = 0;
        rewinddir(top);

        while ((entry = readdir(top)) != NULL) {
            if (store_is_dots(entry->d_name)) {
                continue;
            }

            left = 1;
            rc = store_erase_file(dirfd(top), entry->d_name);
            if (rc == 1) {
                rc = store_erase_folder(dirfd(top), entry->d_name, &moved);
            }
            if (rc != 0) {
                return -1;
            }
        }
    } while (left);

    return 0;
}


static int
store_erase_folder(int top, const char *name, unsigned *moved)
{
    int fd, rc = 0;
    DIR *dir;
    const struct dirent *entry;

    fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return -1;
    }

    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (store_is_dots(entry->d_name)) {
            continue;
        }
        rc = store_erase_file(fd, entry->d_name);
        if (rc == 1) {
            rc = store_move_up(fd, entry->d_name, top, moved);
        }
    }

    closedir(dir);
    return rc == 0 ? unlinkat(top, name, AT_REMOVEDIR) : -1;
}


/* 0 when it is gone; 1 when it is a folder, which is open to us then; -1. */
static int
store_erase_file(int folder, const char *name)
{
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }

    if (errno != EISDIR || fchmodat(folder, name, 0700, 0) != 0) {
        return -1;
    }

    return 1;
}


static int
store_move_up(int folder, const char *name, int top, unsigned *moved)
{
    int rc;
    char fresh[16];

    do {
        snprintf(fresh, sizeof(fresh), "%u", (*moved)++);
        rc = renameat(folder, name, top, fresh);
    } while (rc != 0
             && (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR));

    return rc;
}


static int
store_is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}


int
store_find_original(const config_t *config, const char *media,
                    char path[PATH_MAX])
{
    char folder[PATH_MAX];

    if (store_folder(config, media, folder) != 0
        || (store_find(folder, STORE_ORIGINAL, path) != 0
            && store_join(path, config->spool, media) != 0)) {
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
        || store_join(attachments, folder, STORE_ATTACHMENTS) != 0
        || (store_find(attachments, prefix, path) != 0
            && store_join(path, config->spool, attachment) != 0)) {
        return -1;
    }

    return store_readable(path);
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
            rc = store_join(path, folder, entry->d_name);
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
store_keep_original(const config_t *config, const char *media, const char *from,
                    const char *extension)
{
    char name[64];

    snprintf(name, sizeof(name), STORE_ORIGINAL "%s", extension);

    return store_move(config, media, from, name) == 0
               ? store_sync(config->spool)
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

    return store_move(config, media, from, name) == 0
               ? store_sync(config->spool)
               : -1;
}


int
store_settle(const char *work, const char *name)
{
    int fd, rc;
    char path[PATH_MAX];

    if (store_join(path, work, name) != 0) {
        return -1;
    }

    fd = store_open(path);
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

    if (store_join(path, work, name) != 0) {
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
        files -= !store_is_dots(entry->d_name);
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

    return store_join(from, work, name) == 0
               ? store_move(config, media, from, name)
               : -1;
}


/* An earlier try may have published and then lost its connection. */
static int
store_move(const config_t *config, const char *media, const char *from,
           const char *name)
{
    char shard[PATH_MAX], folder[PATH_MAX], to[PATH_MAX], inner[PATH_MAX];

    if (store_join(shard, config->media, uuid_shard(media)) != 0
        || store_folder(config, media, folder) != 0
        || store_join(to, folder, name) != 0) {
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

    return store_sync(inner) == 0 && store_sync(folder) == 0
                   && store_sync(shard) == 0
               ? store_sync(config->media)
               : -1;
}


int
store_remove_upload(const config_t *config, const char *upload)
{
    char path[PATH_MAX];

    return store_join(path, config->spool, upload) == 0 ? store_erase(path)
                                                        : -1;
}


int
store_remove(const config_t *config, const char *media)
{
    char path[PATH_MAX], part[UUID_TEXT_SIZE + sizeof(".part")];

    snprintf(part, sizeof(part), "%s.part", media);

    if (store_folder(config, media, path) != 0 || store_erase(path) != 0
        || store_join(path, config->spool, media) != 0 || store_erase(path) != 0
        || store_join(path, config->spool, part) != 0) {
        return -1;
    }

    return store_erase(path);
}


char *
store_read(const char *path, size_t max, size_t *len)
{
    int fd;
    char *bytes = NULL;
    ssize_t n;
    struct stat st;

    fd = store_open(path);
    if (fd == -1) {
        return NULL;
    }

    if (fstat(fd, &st) != 0) {
        goto failed;
    }
    if ((size_t) st.st_size > max) {
        errno = EFBIG;
        goto failed;
    }

    bytes = malloc((size_t) st.st_size + 1);
    if (bytes == NULL) {
        goto failed;
    }

    for (*len = 0; *len < (size_t) st.st_size; *len += (size_t) n) {
        n = read(fd, bytes + *len, (size_t) st.st_size - *len);
        if (n <= 0) {
            goto failed;
        }
    }

    bytes[*len] = '\0';
    close(fd);
    return bytes;

failed:

    free(bytes);
    close(fd);
    return NULL;
}


int
store_write(const char *path, const void *bytes, size_t len)
{
    int fd;
    ssize_t n;

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd == -1) {
        return -1;
    }

    n = write(fd, bytes, len);
    if (close(fd) != 0 || n != (ssize_t) len) {
        return -1;
    }

    return 0;
}


int
store_join(char path[PATH_MAX], const char *folder, const char *name)
{
    int n;

    n = snprintf(path, PATH_MAX, "%s/%s", folder, name);
    if (n < 0 || n >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }

    return 0;
}


static int
store_folder(const config_t *config, const char *media, char path[PATH_MAX])
{
    char name[3 + UUID_TEXT_SIZE];

    snprintf(name, sizeof(name), "%s/%s", uuid_shard(media), media);
    return store_join(path, config->media, name);
}


/* What a tool left behind a name may be a link, or a pipe that never answers.
 */
int
store_open(const char *path)
{
    int fd;
    struct stat st;

    fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        errno = EINVAL;
        return -1;
    }

    return fd;
}


static int
store_sync(const char *path)
{
    int fd, rc;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    rc = fsync(fd);
    close(fd);
    return rc;
}
