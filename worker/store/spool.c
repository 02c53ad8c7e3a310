#define _GNU_SOURCE /* F_OFD_SETLK */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/base/uuid.h"
#include "worker/base/file.h"
#include "spool.h"

#define SPOOL_NAME_SIZE (UUID_TEXT_SIZE + sizeof(".state"))

/* In the order in which nginx looks for the one that bears the lock. */
static const char *const spool_ends[] = { ".part", "", ".state" };


static int spool_path(const config_t *config, const char *id, const char *end,
                      char path[PATH_MAX]);
static int spool_lock(int fd, const char *path);


int
spool_hold(const config_t *config, const char *id)
{
    int i, fd = -1;
    char path[PATH_MAX];

    for (i = 0; i < 2 && fd == -1; i++) {
        if (spool_path(config, id, spool_ends[i], path) != 0) {
            return -1;
        }
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd == -1 && errno != ENOENT) {
            return -1;
        }
    }

    if (fd != -1 && spool_lock(fd, path) != 0) {
        close(fd);
        errno = EAGAIN;
        return -1;
    }

    return fd;
}


int
spool_forget(const config_t *config, const char *id)
{
    size_t i;
    char path[PATH_MAX];

    for (i = 0; i < sizeof(spool_ends) / sizeof(spool_ends[0]); i++) {
        if (spool_path(config, id, spool_ends[i], path) != 0
            || (unlink(path) != 0 && errno != ENOENT)) {
            return -1;
        }
    }

    return 0;
}


/* The uploader's process may be another user's, and in the sandbox nobody is
   above permissions. */
int
spool_readable(const char *path)
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


static int
spool_path(const config_t *config, const char *id, const char *end,
           char path[PATH_MAX])
{
    char name[SPOOL_NAME_SIZE];

    snprintf(name, sizeof(name), "%s%s", id, end);
    return file_join(path, config->spool, name);
}


/* To read, since the file may be another user's: it keeps nginx out as well,
   which locks to write. A file that was renamed or removed between open and
   lock is somebody's who is at it. */
static int
spool_lock(int fd, const char *path)
{
    struct stat held, named;
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

    return fcntl(fd, F_OFD_SETLK, &lock) == 0 && fstat(fd, &held) == 0
                   && stat(path, &named) == 0 && held.st_ino == named.st_ino
                   && held.st_dev == named.st_dev
               ? 0
               : -1;
}
