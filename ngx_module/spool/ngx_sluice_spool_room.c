/* The room on a file system. Whoever reserves some of it is alone from the look
   at what is free until it is his: between threads, processes and machines. */

#define _GNU_SOURCE /* F_OFD_SETLKW, fallocate */

#include "ngx_sluice_spool.h"
#include "ngx_sluice_spool_internal.h"

#include <sys/statvfs.h>


#define NGX_SLUICE_SPOOL_ROOM ".room"
#define NGX_SLUICE_SPOOL_BLOCK 512 /* of st_blocks: stat(2) */
#define NGX_SLUICE_SPOOL_SLACK                     \
    65536 /* bytes of a last block, and of extents \
           */


void
ngx_sluice_spool_accounts(ngx_sluice_spool_place_t **places, ngx_uint_t n)
{
    ngx_uint_t i, j;
    struct stat mine, other;

    for (i = 0; i < n; i++) {
        places[i]->account = (const char *) places[i]->folder.data;

        if (stat(places[i]->account, &mine) == -1) {
            continue;
        }

        for (j = 0; j < n; j++) {
            if (ngx_strcmp(places[j]->folder.data, places[i]->account) < 0
                && stat((char *) places[j]->folder.data, &other) == 0
                && other.st_dev == mine.st_dev) {
                places[i]->account = (const char *) places[j]->folder.data;
            }
        }
    }
}


static ngx_err_t
ngx_sluice_spool_room_wait(int fd)
{
    struct flock lock;

    ngx_memzero(&lock, sizeof(lock));
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;

    while (fcntl(fd, F_OFD_SETLKW, &lock) == -1) {
        if (ngx_errno != NGX_EINTR) {
            return ngx_errno;
        }
    }

    return 0;
}


/* One that was removed before it was locked is nobody's any more. */

static ngx_err_t
ngx_sluice_spool_room_lock(const char *account, int *fd)
{
    u_char path[NGX_MAX_PATH];
    ngx_err_t err;
    struct stat opened, named;

    (void) ngx_snprintf(path, sizeof(path), "%s/%s%Z", account,
                        NGX_SLUICE_SPOOL_ROOM);

    for (;;) {
        *fd = open((char *) path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                   0644);
        if (*fd == -1) {
            return ngx_errno;
        }

        err = ngx_sluice_spool_room_wait(*fd);

        if (err == 0 && fstat(*fd, &opened) == -1) {
            err = ngx_errno;
        }

        if (err == 0 && stat((char *) path, &named) == 0
            && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev) {
            return 0;
        }

        (void) close(*fd);

        if (err) {
            return err;
        }
    }
}


/* Bytes that are free beside those to be kept; negative when these are not. */

static ngx_err_t
ngx_sluice_spool_room_left(ngx_sluice_spool_t *spool, off_t *left)
{
    struct statvfs fs;

    if (fstatvfs(spool->fd, &fs) == -1) {
        return ngx_errno;
    }

    *left = (off_t) ((uint64_t) fs.f_bavail * fs.f_frsize)
            - spool->place->keep_free;

    return 0;
}


/* A file system that cannot reserve fills up as the bytes come. Those that are
   there have their space, or are in the bucket and had it. */

static ngx_err_t
ngx_sluice_spool_room_allocate(int fd, off_t from, off_t length)
{
    while (length > from
           && fallocate(fd, FALLOC_FL_KEEP_SIZE, from, length - from) == -1) {

        if (ngx_errno == NGX_ENOSPC || ngx_errno == EDQUOT) {
            return ngx_errno;
        }

        if (ngx_errno != NGX_EINTR) {
            break;
        }
    }

    return 0;
}


/* The lock is held; others than uploads may still take what is free. */

static ngx_err_t
ngx_sluice_spool_room_take(ngx_sluice_spool_t *spool, off_t size, off_t has,
                           off_t least, off_t length)
{
    off_t left = 0;
    ngx_err_t err;

    err = ngx_sluice_spool_room_left(spool, &left);
    if (err) {
        return err;
    }

    if (least > has && left < least - has) {
        return NGX_ENOSPC;
    }

    if (least < length) {
        length = ngx_min(length, has + ngx_max(left / 2, 0));
        length = ngx_max(length, least);
    }

    spool->reserved = length;

    if (length <= has) {
        return 0;
    }

    err = ngx_sluice_spool_room_allocate(spool->fd, size, length);

    if (err == 0) {
        err = ngx_sluice_spool_room_left(spool, &left);
    }

    return err ? err : left < 0 ? NGX_ENOSPC : 0;
}


ngx_err_t
ngx_sluice_spool_grow(ngx_sluice_spool_t *spool, off_t least, off_t length)
{
    int lock;
    off_t has;
    ngx_err_t err;
    struct stat st;

    if (fstat(spool->fd, &st) == -1) {
        return ngx_errno;
    }

    has = ngx_max(st.st_size, st.st_blocks * NGX_SLUICE_SPOOL_BLOCK);

    if (has >= length) {
        spool->reserved = length;
        return 0;
    }

    err = ngx_sluice_spool_room_lock(spool->place->account, &lock);
    if (err) {
        return err;
    }

    err = ngx_sluice_spool_room_take(spool, st.st_size, has, least, length);

    if (err && ftruncate(spool->fd, st.st_size) == -1) {
        err = ngx_errno;
    }

    (void) close(lock);

    return err;
}


ngx_err_t
ngx_sluice_spool_trim(ngx_sluice_spool_t *spool)
{
    struct stat st;

    if (fstat(spool->fd, &st) == -1) {
        return ngx_errno;
    }

    if (st.st_blocks * NGX_SLUICE_SPOOL_BLOCK
        <= st.st_size + NGX_SLUICE_SPOOL_SLACK) {
        return 0;
    }

    return ftruncate(spool->fd, st.st_size) == -1 ? ngx_errno : 0;
}


ngx_err_t
ngx_sluice_spool_sync_folder(const ngx_str_t *folder)
{
    int fd;
    ngx_err_t err;

    fd = open((char *) folder->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1) {
        return ngx_errno;
    }

    err = fsync(fd) == -1 ? ngx_errno : 0;
    (void) close(fd);

    return err;
}
