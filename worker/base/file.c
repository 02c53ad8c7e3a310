#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "file.h"

#define FILE_BESIDE ".new"


int
file_join(char path[PATH_MAX], const char *folder, const char *name)
{
    int n;

    n = snprintf(path, PATH_MAX, "%s/%s", folder, name);
    if (n < 0 || n >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }

    return 0;
}


int
file_folders(const char *folder, const char *names)
{
    char path[PATH_MAX], *slash;
    struct stat st;

    if (file_join(path, folder, names) != 0) {
        return -1;
    }

    for (slash = path + strlen(folder); slash != NULL; /* void */) {
        *slash = '/';
        slash = strchr(slash + 1, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        if ((mkdir(path, 0755) != 0 && errno != EEXIST)
            || lstat(path, &st) != 0) {
            return -1;
        }
        if (!S_ISDIR(st.st_mode)) {
            errno = ENOTDIR;
            return -1;
        }
    }

    return 0;
}


int
file_write_open(int fd, const void *bytes, size_t len)
{
    ssize_t n;
    const char *p = bytes;

    while (len > 0) {
        n = write(fd, p, len);
        if (n == -1 && errno != EINTR) {
            return -1;
        }
        if (n > 0) {
            p += n;
            len -= (size_t) n;
        }
    }

    return 0;
}


int
file_write(const char *path, const void *bytes, size_t len)
{
    int fd, rc;

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd == -1) {
        return -1;
    }

    rc = file_write_open(fd, bytes, len);
    return close(fd) == 0 ? rc : -1;
}


int
file_replace(const char *path, const void *bytes, size_t len, int mode)
{
    int fd, rc;
    char beside[PATH_MAX + sizeof(FILE_BESIDE)];

    snprintf(beside, sizeof(beside), "%s" FILE_BESIDE, path);

    unlink(beside);
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
              0600);
    if (fd == -1) {
        return -1;
    }

    rc = fchmod(fd, (mode_t) mode) == 0 ? file_write_open(fd, bytes, len) : -1;
    if (rc == 0) {
        rc = fsync(fd);
    }
    if (close(fd) != 0 || rc != 0 || rename(beside, path) != 0) {
        rc = errno;
        unlink(beside);
        errno = rc;
        return -1;
    }

    return file_sync_above(path);
}


int
file_sync(const char *path)
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


int
file_sync_above(const char *path)
{
    char folder[PATH_MAX], *slash;

    snprintf(folder, sizeof(folder), "%s", path);
    slash = strrchr(folder, '/');
    slash[slash == folder] = '\0';

    return file_sync(folder);
}
