#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "file.h"


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


/* What a tool left behind a name may be a link, or a pipe that never answers.
 */
int
file_open(const char *path)
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


char *
file_read(const char *path, size_t max, size_t *len)
{
    int fd;
    char *bytes;

    fd = file_open(path);
    if (fd == -1) {
        return NULL;
    }

    bytes = file_read_open(fd, max, len);
    close(fd);
    return bytes;
}


char *
file_read_open(int fd, size_t max, size_t *len)
{
    char *bytes;
    size_t room;
    ssize_t n;
    struct stat st;

    if (fstat(fd, &st) != 0) {
        return NULL;
    }

    room = S_ISREG(st.st_mode) ? (size_t) st.st_size : max;
    if (room > max) {
        errno = EFBIG;
        return NULL;
    }

    room++; /* so that its end is seen */
    bytes = malloc(room);
    if (bytes == NULL) {
        return NULL;
    }

    *len = 0;
    do {
        n = read(fd, bytes + *len, room - *len);
        *len += n > 0 ? (size_t) n : 0;
    } while (n > 0 && *len < room);

    if (n == 0) {
        bytes[*len] = '\0';
        return bytes;
    }

    if (n > 0) {
        errno = EFBIG;
    }
    free(bytes);
    return NULL;
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
