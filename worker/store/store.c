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
#include "worker/base/http.h"
#include "worker/base/pulse.h"
#include "store_internal.h"

#define STORE_TRY ".XXXXXX" /* mkdtemp() fills it in */


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


int
store_open(void)
{
    return http_init();
}


static const store_form_t *
store_form(const config_t *config)
{
    return config_has_bucket(config) ? &store_bucket : &store_folder;
}


int
store_find_original(const config_t *config, const char *media,
                    char path[PATH_MAX])
{
    return store_form(config)->find_original(config, media, path);
}


int
store_find_attachment(const config_t *config, const char *media,
                      const char *attachment, char path[PATH_MAX])
{
    return store_form(config)->find_attachment(config, media, attachment, path);
}


int
store_find_file(const config_t *config, const char *media, const char *name,
                char path[PATH_MAX])
{
    return store_form(config)->find_file(config, media, name, path);
}


void
store_release(const char *path)
{
    originals_release(path);
}


int
store_keep_original(const config_t *config, const char *media, const char *from,
                    const char *extension)
{
    char name[64];

    snprintf(name, sizeof(name), STORE_ORIGINAL "%s", extension);

    return store_form(config)->keep(config, media, media, from, name);
}


int
store_keep_attachment(const config_t *config, const char *media,
                      const char *attachment, const char *from,
                      const char *extension)
{
    char name[sizeof(STORE_ATTACHMENTS) + UUID_TEXT_SIZE + 32];

    snprintf(name, sizeof(name), STORE_ATTACHMENTS "/%s.%s", attachment,
             extension);

    return store_form(config)->keep(config, media, attachment, from, name);
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


void
store_piece(char name[STORE_PIECE_SIZE], const char *run, int piece)
{
    snprintf(name, STORE_PIECE_SIZE, STORE_PIECES "/%s-%d", run, piece);
}


int
store_publish(const config_t *config, const char *media, const char *work,
              const char *name)
{
    char from[PATH_MAX];

    return file_join(from, work, name) == 0
               ? store_form(config)->publish(config, media, from, name)
               : -1;
}


int
store_unpublish(const config_t *config, const char *media, const char *name)
{
    return store_form(config)->unpublish(config, media, name);
}


int
store_remove_attachment(const config_t *config, const char *media,
                        const char *attachment)
{
    return store_form(config)->remove_attachment(config, media, attachment);
}


int
store_remove_upload(const config_t *config, const char *upload)
{
    return store_form(config)->remove_upload(config, upload);
}


int
store_remove(const config_t *config, const char *media)
{
    return store_form(config)->remove(config, media);
}


void
store_hurry(int hurry)
{
    remote_stop(hurry);
}


int
store_check(const config_t *config, const credentials_t *who, char *err,
            size_t err_size)
{
    if (who != NULL) {
        remote_know(who);
    }

    return !config_has_bucket(config)
                   || (remote_try(config, err, err_size) == 0
                       && remote_is_closed(config, err, err_size) == 0)
               ? 0
               : -1;
}


int
store_try(const config_t *config, char *err, size_t err_size)
{
    return remote_is_away() ? remote_try(config, err, err_size) : 0;
}
