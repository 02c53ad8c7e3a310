/* A file in the spool from its first name to its last, and who may be at it. */

#define _GNU_SOURCE /* F_OFD_SETLK */

#include "ngx_sluice_spool.h"
#include "ngx_sluice_spool_internal.h"


#define NGX_SLUICE_SPOOL_PART ".part"
#define NGX_SLUICE_SPOOL_STATE ".state"


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
    ngx_uint_t names = 0;
    ngx_sluice_spool_t *spool = data;

    if (spool->fd != -1 && !spool->resumable && !spool->durable) {
        names |= NGX_SLUICE_SPOOL_NAME_PART;
    }

    if (spool->durable && !spool->resumable && !spool->kept) {
        names |= NGX_SLUICE_SPOOL_NAME_PATH;
    }

    ngx_sluice_spool_release(spool, names, 1);
}


ngx_sluice_spool_t *
ngx_sluice_spool_create(ngx_pool_t *pool, const ngx_sluice_spool_place_t *place,
                        const char *id)
{
    const ngx_str_t *folder = &place->folder;

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

    spool->place = place;
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


ngx_err_t
ngx_sluice_spool_reserve(ngx_sluice_spool_t *spool, off_t least, off_t length)
{
    ngx_err_t err;

    spool->fd = open(spool->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    if (spool->fd == -1) {
        return ngx_errno;
    }

    err = ngx_sluice_spool_lock(spool->fd);

    if (err == 0) {
        err = ngx_sluice_spool_grow(spool, least, length);
    }

    if (err == 0 && spool->resumable) {
        err = ngx_sluice_spool_sync_folder(&spool->place->folder);
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

    if (spool->read_only) {
        return 0;
    }

    err = ngx_sluice_spool_trim(spool);
    if (err) {
        return err;
    }

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

    return ngx_sluice_spool_sync_folder(&spool->place->folder);
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
ngx_sluice_spool_forget(const ngx_str_t *folder, const char *id)
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
ngx_sluice_spool_clear(const ngx_str_t *folder, const char *id)
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
