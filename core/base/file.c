#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include "file.h"


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


/* 0 when there was less than `size`, else -1 with errno set. */
static int
read_all(int fd, char *bytes, size_t size, size_t *len)
{
    ssize_t n;

    for (*len = 0; *len < size; *len += (size_t) n) {
        n = read(fd, bytes + *len, size - *len);

        if (n == 0) {
            return 0;
        }

        if (n == -1) {
            if (errno != EINTR) {
                return -1;
            }
            n = 0;
        }
    }

    errno = EFBIG;
    return -1;
}


char *
file_read_open(int fd, size_t max, size_t *len)
{
    int failed;
    char *bytes;
    size_t room;
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

    if (read_all(fd, bytes, room, len) == 0) {
        bytes[*len] = '\0';
        return bytes;
    }

    failed = errno;
    OPENSSL_cleanse(bytes, *len);
    free(bytes);
    errno = failed;
    return NULL;
}
