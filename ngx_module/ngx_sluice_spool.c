#include "ngx_sluice_spool.h"


#define NGX_SLUICE_SPOOL_SUFFIX ".part"


static void ngx_sluice_spool_cleanup(void *data);
static ngx_err_t ngx_sluice_spool_write(int fd, u_char *p, size_t size);
static ngx_err_t ngx_sluice_spool_sync_folder(const char *folder);


ngx_sluice_spool_t *
ngx_sluice_spool_create(ngx_pool_t *pool, ngx_str_t *folder)
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

    size = folder->len + 1 + UUID_TEXT_LEN + sizeof(NGX_SLUICE_SPOOL_SUFFIX);

    spool->folder = (const char *) folder->data;
    spool->part = ngx_pnalloc(pool, size);
    spool->path = ngx_pnalloc(pool, size);
    spool->sha256 = EVP_MD_CTX_new();

    if (spool->part == NULL || spool->path == NULL || spool->sha256 == NULL
        || EVP_DigestInit_ex(spool->sha256, EVP_sha256(), NULL) != 1
        || uuid_v7(spool->id) != 0) {
        return NULL;
    }

    (void) ngx_sprintf((u_char *) spool->path, "%V/%s%Z", folder, spool->id);
    (void) ngx_sprintf((u_char *) spool->part, "%V/%s%s%Z", folder, spool->id,
                       NGX_SLUICE_SPOOL_SUFFIX);

    return spool;
}


static void
ngx_sluice_spool_cleanup(void *data)
{
    ngx_sluice_spool_t *spool = data;

    if (spool->fd != -1) {
        (void) close(spool->fd);
        (void) unlink(spool->part);
    }

    if (spool->durable && !spool->kept) {
        (void) unlink(spool->path);
    }

    EVP_MD_CTX_free(spool->sha256);
}


ngx_err_t
ngx_sluice_spool_append(ngx_sluice_spool_t *spool, ngx_chain_t *in)
{
    size_t size;
    ngx_err_t err;

    if (spool->fd == -1) {
        spool->fd = open(spool->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                         0644);

        if (spool->fd == -1) {
            return ngx_errno;
        }
    }

    for (/* void */; in; in = in->next) {
        size = (size_t) (in->buf->last - in->buf->pos);

        err = ngx_sluice_spool_write(spool->fd, in->buf->pos, size);
        if (err) {
            return err;
        }

        if (EVP_DigestUpdate(spool->sha256, in->buf->pos, size) != 1) {
            return NGX_ENOMEM;
        }

        spool->size += (off_t) size;
    }

    return 0;
}


static ngx_err_t
ngx_sluice_spool_write(int fd, u_char *p, size_t size)
{
    ssize_t n;

    while (size) {
        n = write(fd, p, size);

        if (n == -1) {
            if (ngx_errno == NGX_EINTR) {
                continue;
            }

            return ngx_errno;
        }

        p += n;
        size -= (size_t) n;
    }

    return 0;
}


ngx_err_t
ngx_sluice_spool_commit(ngx_sluice_spool_t *spool)
{
    ngx_err_t err;

    if (EVP_DigestFinal_ex(spool->sha256, spool->digest, NULL) != 1) {
        return NGX_ENOMEM;
    }

    if (fsync(spool->fd) == -1 || rename(spool->part, spool->path) == -1) {
        return ngx_errno;
    }

    spool->durable = 1;

    err = close(spool->fd) == -1 ? ngx_errno : 0;
    spool->fd = -1;

    return err ? err : ngx_sluice_spool_sync_folder(spool->folder);
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
