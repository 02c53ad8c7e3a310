/* A file in the spool from its first name to its last: who may be at it, and
   the space that it needs. */

#define _GNU_SOURCE /* F_OFD_SETLK, fallocate */

#include "ngx_sluice_spool.h"
#include "ngx_sluice_spool_internal.h"

#include <sys/statvfs.h>


#define NGX_SLUICE_SPOOL_PART ".part"
#define NGX_SLUICE_SPOOL_STATE ".state"
#define NGX_SLUICE_SPOOL_BLOCK 512 /* of st_blocks: stat(2) */


void
ngx_sluice_spool_close(ngx_sluice_spool_t *spool)
{
    if (spool->fd != -1) {
        (void) close(spool->fd);
        spool->fd = -1;
    }
}


static void
ngx_sluice_spool_cleanup(void *data)
{
    ngx_sluice_spool_t *spool = data;

    if (spool->fd != -1 && !spool->resumable && !spool->durable) {
        (void) unlink(spool->part);
    }

    ngx_sluice_spool_close(spool);

    if (spool->durable && !spool->resumable && !spool->kept) {
        (void) unlink(spool->path);
    }
}


ngx_sluice_spool_t *
ngx_sluice_spool_create(ngx_pool_t *pool, ngx_str_t *folder, const char *id)
{
    size_t size;
    ngx_pool_cleanup_t *cln;
    ngx_sluice_spool_t *spool;

    cln = ngx_pool_cleanup_add(pool, sizeof(ngx_sluice_spool_t));
    if (cln == NULL) {
        return NULL;
    }

    spool = cln->data;
    ngx_memzero(spool, sizeof(ngx_sluice_spool_t));
    spool->fd = -1;
    cln->handler = ngx_sluice_spool_cleanup;

    size = folder->len + 1 + UUID_TEXT_LEN + sizeof(NGX_SLUICE_SPOOL_STATE);

    spool->folder = (const char *) folder->data;
    spool->part = ngx_pnalloc(pool, size);
    spool->path = ngx_pnalloc(pool, size);
    spool->state = ngx_pnalloc(pool, size);

    if (spool->part == NULL || spool->path == NULL || spool->state == NULL) {
        return NULL;
    }

    if (id) {
        ngx_memcpy(spool->id, id, UUID_TEXT_LEN);
        spool->resumable = 1;

    } else if (uuid_v7(spool->id) != 0) {
        return NULL;
    }

    sha256_init(&spool->sha256);

    (void) ngx_sprintf((u_char *) spool->path, "%V/%s%Z", folder, spool->id);
    (void) ngx_sprintf((u_char *) spool->part, "%V/%s%s%Z", folder, spool->id,
                       NGX_SLUICE_SPOOL_PART);
    (void) ngx_sprintf((u_char *) spool->state, "%V/%s%s%Z", folder, spool->id,
                       NGX_SLUICE_SPOOL_STATE);

    return spool;
}


static ngx_err_t
ngx_sluice_spool_lock(int fd)
{
    struct flock lock;

    ngx_memzero(&lock, sizeof(lock));
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;

    if (fcntl(fd, F_OFD_SETLK, &lock) == -1) {
        return ngx_errno == NGX_EACCES ? NGX_EAGAIN : ngx_errno;
    }

    return 0;
}


static ngx_err_t
ngx_sluice_spool_sync_folder(const char *folder)
{
    int fd;
    ngx_err_t err;

    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1) {
        return ngx_errno;
    }

    err = fsync(fd) == -1 ? ngx_errno : 0;
    (void) close(fd);

    return err;
}


/* Whether so many bytes are free. */

static ngx_err_t
ngx_sluice_spool_room(ngx_sluice_spool_t *spool, off_t bytes)
{
    struct statvfs fs;

    if (fstatvfs(spool->fd, &fs) == -1) {
        return ngx_errno;
    }

    return (uint64_t) fs.f_bavail * fs.f_frsize < (uint64_t) bytes ? NGX_ENOSPC
                                                                   : 0;
}


/* Whoever asks at the same time may have been told the same: what is left is
   looked at again when the space is ours. */

ngx_err_t
ngx_sluice_spool_grow(ngx_sluice_spool_t *spool, off_t length, off_t keep_free)
{
    off_t missing;
    ngx_err_t err;
    struct stat st;

    if (fstat(spool->fd, &st) == -1) {
        return ngx_errno;
    }

    missing = length
              - ngx_max(st.st_size, st.st_blocks * NGX_SLUICE_SPOOL_BLOCK);

    if (missing <= 0) {
        return 0;
    }

    err = ngx_sluice_spool_room(spool, keep_free + missing);

    if (err) {
        return err;
    }

    if (fallocate(spool->fd, FALLOC_FL_KEEP_SIZE, 0, length) == -1) {
        /* a file system that cannot reserve fills up as the bytes come */
        err = ngx_errno == NGX_ENOSPC || ngx_errno == EDQUOT ? ngx_errno : 0;

    } else {
        err = ngx_sluice_spool_room(spool, keep_free);
    }

    if (err && ftruncate(spool->fd, st.st_size) == -1) {
        return ngx_errno;
    }

    return err;
}


ngx_err_t
ngx_sluice_spool_reserve(ngx_sluice_spool_t *spool, off_t length,
                         off_t keep_free)
{
    ngx_err_t err;

    spool->fd = open(spool->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    if (spool->fd == -1) {
        return ngx_errno;
    }

    err = ngx_sluice_spool_lock(spool->fd);

    if (err == 0) {
        err = ngx_sluice_spool_grow(spool, length, keep_free);
    }

    if (err == 0 && spool->resumable) {
        err = ngx_sluice_spool_sync_folder(spool->folder);
    }

    if (err) {
        /* no row will tell of it, so nobody would ever remove it */
        (void) unlink(spool->part);
        ngx_sluice_spool_close(spool);
    }

    return err;
}


/* A file that was renamed or removed between open and lock is opened anew. */

ngx_err_t
ngx_sluice_spool_open(ngx_sluice_spool_t *spool)
{
    ngx_err_t err;
    const char *path;
    struct stat opened, named;

    path = spool->part;
    spool->fd = open(path, O_RDWR | O_CLOEXEC);

    if (spool->fd == -1 && ngx_errno == NGX_ENOENT) {
        path = spool->path;
        spool->fd = open(path, O_RDWR | O_CLOEXEC);
    }

    if (spool->fd == -1) {
        return ngx_errno;
    }

    err = ngx_sluice_spool_lock(spool->fd);

    if (err == 0 && fstat(spool->fd, &opened) == -1) {
        err = ngx_errno;
    }

    if (err == 0
        && (stat(path, &named) == -1 || named.st_ino != opened.st_ino
            || named.st_dev != opened.st_dev)) {
        err = NGX_EAGAIN;
    }

    if (err == 0) {
        spool->durable = (path == spool->path);
        spool->size = opened.st_size;
        err = ngx_sluice_spool_load(spool);
    }

    if (err) {
        ngx_sluice_spool_close(spool);
    }

    return err;
}


/* The lock stays until the descriptor goes: who records this is alone. */

ngx_err_t
ngx_sluice_spool_commit(ngx_sluice_spool_t *spool)
{
    ngx_err_t err;

    sha256_digest(&spool->sha256, spool->digest);

    if (fsync(spool->fd) == -1) {
        err = ngx_errno;
        ngx_sluice_spool_distrust(spool);
        return err;
    }

    if (!spool->durable) {
        if (spool->resumable && spool->saved != spool->size) {
            err = ngx_sluice_spool_note(spool);
            if (err) {
                return err;
            }
        }

        if (rename(spool->part, spool->path) == -1) {
            return ngx_errno;
        }

        spool->durable = 1;
    }

    /* who renamed it before may not have come this far */

    return ngx_sluice_spool_sync_folder(spool->folder);
}


void
ngx_sluice_spool_remove(ngx_sluice_spool_t *spool, ngx_uint_t all)
{
    (void) unlink(spool->part);
    (void) unlink(spool->state);

    if (all) {
        (void) unlink(spool->path);
    }
}


void
ngx_sluice_spool_forget(ngx_str_t *folder, const char *id)
{
    u_char path[NGX_MAX_PATH];

    (void) ngx_snprintf(path, sizeof(path), "%V/%s%s%Z", folder, id,
                        NGX_SLUICE_SPOOL_PART);
    (void) unlink((char *) path);

    (void) ngx_snprintf(path, sizeof(path), "%V/%s%s%Z", folder, id,
                        NGX_SLUICE_SPOOL_STATE);
    (void) unlink((char *) path);
}


void
ngx_sluice_spool_clear(ngx_str_t *folder, const char *id)
{
    int fd;
    u_char path[NGX_MAX_PATH];

    (void) ngx_snprintf(path, sizeof(path), "%V/%s%s%Z", folder, id,
                        NGX_SLUICE_SPOOL_PART);

    fd = open((char *) path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1) {
        return;
    }

    if (ngx_sluice_spool_lock(fd) == 0) {
        ngx_sluice_spool_forget(folder, id);
    }

    (void) close(fd);
}


sluice_status_t
ngx_sluice_spool_status(ngx_err_t err)
{
    return err == 0                             ? SLUICE_OK
           : err == NGX_ENOSPC || err == EDQUOT ? SLUICE_NO_SPACE
                                                : SLUICE_INTERNAL;
}
