#define _GNU_SOURCE /* nftw, renameat2 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "store.h"
#include "uuid.h"

#define STORE_WALK_FILES 16 /* descriptors that nftw() may hold */
#define STORE_ORIGINAL "original."


static int store_folder(const config_t *config, const char *media,
                        char path[PATH_MAX]);
static int store_make_folder(const config_t *config, const char *media,
                             char path[PATH_MAX]);
static int store_readable(const char *path);
static int store_move(const char *from, const char *to, const char *folder);
static int store_settle(const char *path, const struct stat *st, int type,
                        struct FTW *ftw);
static int store_erase_one(const char *path, const struct stat *st, int type,
                           struct FTW *ftw);
static int store_sync(const char *path);


int
store_work_create(const config_t *config, const char *job, char path[PATH_MAX])
{
    int fd, tries;
    struct stat held, named;

    if (store_join(path, config->work, job) != 0) {
        return -1;
    }

    /* A sweep may remove the folder between its making and its locking. */
    for (tries = 0; tries < 3; tries++) {
        if (store_erase(path) != 0 || mkdir(path, 0700) != 0) {
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
        if (!uuid_valid(entry->d_name, strlen(entry->d_name))
            || store_join(path, config->work, entry->d_name) != 0) {
            continue;
        }

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
    if (nftw(path, store_erase_one, STORE_WALK_FILES, FTW_DEPTH | FTW_PHYS) == 0
        || errno == ENOENT) {
        return 0;
    }

    return -1;
}


static int
store_erase_one(const char *path, const struct stat *st, int type,
                struct FTW *ftw)
{
    (void) st;
    (void) type;
    (void) ftw;

    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}


int
store_find_original(const config_t *config, const char *media,
                    char path[PATH_MAX])
{
    int rc = -1;
    char folder[PATH_MAX];
    DIR *dir;
    const struct dirent *entry;

    if (store_folder(config, media, folder) != 0) {
        return -1;
    }

    dir = opendir(folder);
    if (dir != NULL) {
        while (rc != 0 && (entry = readdir(dir)) != NULL) {
            if (strncmp(entry->d_name, STORE_ORIGINAL,
                        sizeof(STORE_ORIGINAL) - 1)
                == 0) {
                rc = store_join(path, folder, entry->d_name);
            }
        }
        closedir(dir);
    }

    if (rc != 0 && store_join(path, config->spool, media) != 0) {
        return -1;
    }

    return store_readable(path);
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
    char folder[PATH_MAX], to[PATH_MAX], name[64];

    snprintf(name, sizeof(name), STORE_ORIGINAL "%s", extension);

    if (store_make_folder(config, media, folder) != 0
        || store_join(to, folder, name) != 0) {
        return -1;
    }

    if (strcmp(from, to) == 0) {
        return 0;
    }

    if (store_sync(from) != 0 || store_move(from, to, folder) != 0) {
        return -1;
    }

    return store_sync(config->spool);
}


int
store_publish(const config_t *config, const char *media, const char *work,
              const char *name)
{
    char from[PATH_MAX], to[PATH_MAX], folder[PATH_MAX];

    if (store_join(from, work, name) != 0
        || store_make_folder(config, media, folder) != 0
        || store_join(to, folder, name) != 0) {
        return -1;
    }

    if (nftw(from, store_settle, STORE_WALK_FILES, FTW_DEPTH | FTW_PHYS) != 0) {
        return -1;
    }

    return store_move(from, to, folder);
}


/* An earlier try may have published and then lost its connection. */
static int
store_move(const char *from, const char *to, const char *folder)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0) {
        if (errno == EEXIST) {
            return 0;
        }

        /* a filesystem that knows no such flag */
        if (errno != EINVAL
            || (access(to, F_OK) != 0 && rename(from, to) != 0)) {
            return -1;
        }
    }

    return store_sync(folder);
}


static int
store_settle(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void) ftw;

    if (type != FTW_F && type != FTW_DP) {
        errno = EINVAL;
        return -1;
    }

    if (chmod(path, S_ISDIR(st->st_mode) ? 0755 : 0644) != 0) {
        return -1;
    }

    return store_sync(path);
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

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd == -1) {
        return NULL;
    }

    if (fstat(fd, &st) != 0) {
        goto failed;
    }
    if (!S_ISREG(st.st_mode) || (size_t) st.st_size > max) {
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


static int
store_make_folder(const config_t *config, const char *media,
                  char path[PATH_MAX])
{
    int rc;
    char shard[PATH_MAX];

    if (store_join(shard, config->media, uuid_shard(media)) != 0
        || store_folder(config, media, path) != 0) {
        return -1;
    }

    rc = mkdir(shard, 0755);
    if (rc == 0) {
        rc = store_sync(config->media);
    } else if (errno == EEXIST) {
        rc = 0;
    }
    if (rc != 0) {
        return -1;
    }

    rc = mkdir(path, 0755);
    if (rc != 0 && errno == EEXIST) {
        return 0;
    }

    return rc == 0 ? store_sync(shard) : -1;
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
