#define _GNU_SOURCE /* F_OFD_SETLKW, fallocate */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "worker/base/file.h"
#include "orphan.h"
#include "room.h"

#define ROOM_BLOCK 512 /* of st_blocks: stat(2) */


/* Who reserves is alone from the look at what is free until it is his: the lock
   of nginx's spool. Where that is another user's, and not ours to lock, one
   looks without: the look behind still holds. -1: no lock. */
static int
room_lock(const config_t *config)
{
    int fd;
    char path[PATH_MAX];
    struct flock lock;

    if (file_join(path, config->spool, ORPHAN_ROOM) != 0) {
        return -1;
    }

    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd == -1) {
        return -1;
    }

    memset(&lock, 0, sizeof(lock));
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;

    while (fcntl(fd, F_OFD_SETLKW, &lock) == -1) {
        if (errno != EINTR) {
            close(fd);
            return -1;
        }
    }

    return fd;
}


/* Whether so many bytes are free beside those to be kept. 0, or -1. */
static int
room_free(const config_t *config, int fd, uint64_t need)
{
    uint64_t have;
    struct statvfs fs;

    if (fstatvfs(fd, &fs) != 0) {
        return -1;
    }

    have = (uint64_t) fs.f_bavail * fs.f_frsize;

    if (have < config->keep_free || have - config->keep_free < need) {
        errno = ENOSPC;
        return -1;
    }

    return 0;
}


/* A file system that cannot reserve fills up as the bytes come. */
static int
room_allocate(int fd, uint64_t size)
{
    while (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t) size) != 0) {
        if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) {
            return -1;
        }
        if (errno != EINTR) {
            break;
        }
    }

    return 0;
}


int
room_take(const config_t *config, int fd, uint64_t size)
{
    int lock, rc, failed;
    uint64_t has;
    struct stat st;

    if (fstat(fd, &st) != 0) {
        return -1;
    }

    has = (uint64_t) st.st_blocks * ROOM_BLOCK;
    if ((uint64_t) st.st_size > has) {
        has = (uint64_t) st.st_size;
    }

    lock = room_lock(config);
    rc = room_free(config, fd, size > has ? size - has : 0);

    if (rc == 0 && size > has) {
        rc = room_allocate(fd, size);
        rc = rc == 0 ? room_free(config, fd, 0) : rc;
    }

    failed = errno;
    if (rc != 0) {
        room_trim(fd);
    }
    if (lock != -1) {
        close(lock);
    }
    errno = failed;

    return rc;
}


int
room_trim(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 ? ftruncate(fd, st.st_size) : -1;
}
