#define _GNU_SOURCE /* F_OFD_SETLK */

#include "ngx_sluice_spool.h"


#define NGX_SLUICE_SPOOL_PART ".part"
#define NGX_SLUICE_SPOOL_STATE ".state"

/* a process that is killed costs the next one this much reading at most */
#define NGX_SLUICE_SPOOL_SAVE (64 * 1024 * 1024)

/* the disk writes while the client sends, so that fsync has little left */
#define NGX_SLUICE_SPOOL_SEND (8 * 1024 * 1024)

/* bytes read at once, and before others get the thread */
#define NGX_SLUICE_SPOOL_READ (256 * 1024)
#define NGX_SLUICE_SPOOL_TURN (32 * 1024 * 1024)

#define NGX_SLUICE_SPOOL_UNJUDGED                \
    1 /* a state's flag: what follows is nothing \
         yet */


static void ngx_sluice_spool_cleanup(void *data);
static ngx_err_t ngx_sluice_spool_lock(int fd);
static ngx_err_t ngx_sluice_spool_load(ngx_sluice_spool_t *spool);
static ngx_err_t ngx_sluice_spool_copy(ngx_sluice_spool_t *spool, int fd,
                                       off_t *offset, off_t end,
                                       tus_checksum_t *sum);
static ngx_err_t ngx_sluice_spool_put(ngx_sluice_spool_t *spool, u_char *p,
                                      size_t size, tus_checksum_t *sum);
static ngx_err_t ngx_sluice_spool_note(ngx_sluice_spool_t *spool);
static ngx_err_t ngx_sluice_spool_write_state(ngx_sluice_spool_t *spool);
static ngx_err_t ngx_sluice_spool_write(int fd, u_char *p, size_t size);
static void ngx_sluice_spool_send(ngx_sluice_spool_t *spool);
static void ngx_sluice_spool_distrust(ngx_sluice_spool_t *spool);
static ngx_err_t ngx_sluice_spool_sync_folder(const char *folder);


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


void
ngx_sluice_spool_close(ngx_sluice_spool_t *spool)
{
    if (spool->fd != -1) {
        (void) close(spool->fd);
        spool->fd = -1;
    }
}


ngx_err_t
ngx_sluice_spool_begin(ngx_sluice_spool_t *spool, off_t length, off_t keep_free)
{
    ngx_err_t err;

    spool->fd = open(spool->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    if (spool->fd == -1) {
        return ngx_errno;
    }

    err = ngx_sluice_spool_lock(spool->fd);

    if (err == 0) {
        err = ngx_sluice_spool_reserve(spool, length, keep_free);
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


/* A state that is missing, damaged or ahead of the file is no state. */

static ngx_err_t
ngx_sluice_spool_load(ngx_sluice_spool_t *spool)
{
    int fd;
    u_char state[SHA256_STATE_SIZE + 1];
    ssize_t n = 0;
    uint32_t flags = 0;

    fd = open(spool->state, O_RDONLY | O_CLOEXEC);

    if (fd != -1) {
        n = read(fd, state, sizeof(state));
        (void) close(fd);
    }

    if (n < 0 || sha256_load(&spool->sha256, &flags, state, (size_t) n) != 0
        || spool->sha256.bytes > (uint64_t) spool->size) {
        sha256_init(&spool->sha256);
        flags = 0;
    }

    spool->saved = (off_t) spool->sha256.bytes;
    spool->sent = spool->size;

    if ((flags & NGX_SLUICE_SPOOL_UNJUDGED) && !spool->durable) {
        if (ftruncate(spool->fd, spool->saved) == -1) {
            return ngx_errno;
        }

        spool->size = spool->saved;
    }

    return lseek(spool->fd, spool->size, SEEK_SET) == -1 ? ngx_errno : 0;
}


ngx_err_t
ngx_sluice_spool_catch_up(ngx_sluice_spool_t *spool)
{
    off_t turn, left;
    u_char *buf;
    ssize_t n;
    ngx_err_t err;

    buf = malloc(NGX_SLUICE_SPOOL_READ);
    if (buf == NULL) {
        return NGX_ENOMEM;
    }

    err = 0;

    for (turn = 0; turn < NGX_SLUICE_SPOOL_TURN; turn += n) {
        left = spool->size - (off_t) spool->sha256.bytes;

        if (left == 0) {
            break;
        }

        n = pread(spool->fd, buf, (size_t) ngx_min(left, NGX_SLUICE_SPOOL_READ),
                  (off_t) spool->sha256.bytes);

        if (n <= 0) {
            err = n ? ngx_errno : EIO;
            break;
        }

        sha256_update(&spool->sha256, buf, (size_t) n);
    }

    free(buf);

    return err                                          ? err
           : (off_t) spool->sha256.bytes == spool->size ? 0
                                                        : NGX_EAGAIN;
}


ngx_err_t
ngx_sluice_spool_unjudged(ngx_sluice_spool_t *spool)
{
    spool->valid = spool->size;
    spool->unjudged = 1;

    return ngx_sluice_spool_write_state(spool);
}


/* What is not good leaves the state as _unjudged() wrote it. */

ngx_err_t
ngx_sluice_spool_judged(ngx_sluice_spool_t *spool, ngx_uint_t good)
{
    if (!good) {
        spool->size = spool->valid;
        return ftruncate(spool->fd, spool->valid) == -1 ? ngx_errno : 0;
    }

    spool->unjudged = 0;

    return ngx_sluice_spool_save(spool);
}


/* A body that nginx did not hand over unbuffered may lie in a file of its own:
   with "mirror", for one. */

ngx_err_t
ngx_sluice_spool_append(ngx_sluice_spool_t *spool, ngx_chain_t *in,
                        tus_checksum_t *sum)
{
    off_t offset;
    ngx_buf_t *buf;
    ngx_err_t err;

    for (/* void */; in; in = in->next) {
        buf = in->buf;

        if (ngx_buf_in_memory(buf) || !buf->in_file) {
            err = ngx_sluice_spool_put(spool, buf->pos,
                                       (size_t) (buf->last - buf->pos), sum);

        } else {
            offset = buf->file_pos;

            do {
                err = ngx_sluice_spool_copy(spool, buf->file->fd, &offset,
                                            buf->file_last, sum);
            } while (err == NGX_EAGAIN);
        }

        if (err) {
            /* the next one finds what was written before */
            return err;
        }
    }

    ngx_sluice_spool_send(spool);

    if (spool->resumable && !spool->unjudged
        && spool->size - spool->saved >= NGX_SLUICE_SPOOL_SAVE) {
        return ngx_sluice_spool_save(spool);
    }

    return 0;
}


ngx_err_t
ngx_sluice_spool_join(ngx_sluice_spool_t *spool, ngx_sluice_spool_t *from,
                      off_t *offset)
{
    return ngx_sluice_spool_copy(spool, from->fd, offset, from->size, NULL);
}


/* Some MiB of a file, up to `end`. NGX_EAGAIN: there is more. */

static ngx_err_t
ngx_sluice_spool_copy(ngx_sluice_spool_t *spool, int fd, off_t *offset,
                      off_t end, tus_checksum_t *sum)
{
    off_t turn;
    u_char *buf;
    ssize_t n;
    ngx_err_t err;

    buf = malloc(NGX_SLUICE_SPOOL_READ);
    if (buf == NULL) {
        return NGX_ENOMEM;
    }

    err = 0;

    for (turn = 0; turn < NGX_SLUICE_SPOOL_TURN && *offset < end; turn += n) {
        n = pread(fd, buf,
                  (size_t) ngx_min(end - *offset, NGX_SLUICE_SPOOL_READ),
                  *offset);

        if (n <= 0) {
            err = n ? ngx_errno : EIO;
            break;
        }

        err = ngx_sluice_spool_put(spool, buf, (size_t) n, sum);
        if (err) {
            break;
        }

        *offset += n;
        ngx_sluice_spool_send(spool);
    }

    free(buf);

    return err ? err : *offset == end ? 0 : NGX_EAGAIN;
}


static ngx_err_t
ngx_sluice_spool_put(ngx_sluice_spool_t *spool, u_char *p, size_t size,
                     tus_checksum_t *sum)
{
    ngx_err_t err;

    err = ngx_sluice_spool_write(spool->fd, p, size);
    if (err) {
        return err;
    }

    sha256_update(&spool->sha256, p, size);
    spool->size += (off_t) size;

    return sum && tus_checksum_update(sum, p, size) != 0 ? NGX_ENOMEM : 0;
}


/* The bytes first: a state must not tell of what is not there. */

ngx_err_t
ngx_sluice_spool_save(ngx_sluice_spool_t *spool)
{
    ngx_err_t err;

    if (fdatasync(spool->fd) == -1) {
        err = ngx_errno;
        ngx_sluice_spool_distrust(spool);
        return err;
    }

    if (spool->unjudged || spool->saved == spool->size
        || (off_t) spool->sha256.bytes != spool->size) {
        return 0;
    }

    return ngx_sluice_spool_note(spool);
}


/* A full disk may have no room for it: then the next one has more to read. */

static ngx_err_t
ngx_sluice_spool_note(ngx_sluice_spool_t *spool)
{
    ngx_err_t err;

    err = ngx_sluice_spool_write_state(spool);

    if (err && err != NGX_ENOSPC && err != EDQUOT) {
        return err;
    }

    spool->saved = spool->size;

    return 0;
}


/* In place: its CRC tells a half-written one. */

static ngx_err_t
ngx_sluice_spool_write_state(ngx_sluice_spool_t *spool)
{
    int fd;
    u_char state[SHA256_STATE_SIZE];
    ngx_err_t err;

    sha256_save(&spool->sha256, spool->unjudged ? NGX_SLUICE_SPOOL_UNJUDGED : 0,
                state);

    fd = open(spool->state, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd == -1) {
        return ngx_errno;
    }

    err = ngx_sluice_spool_write(fd, state, sizeof(state));

    if (close(fd) == -1 && err == 0) {
        err = ngx_errno;
    }

    return err;
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


/* A hint: where it cannot be given, fsync does all of it. */

static void
ngx_sluice_spool_send(ngx_sluice_spool_t *spool)
{
    if (spool->size - spool->sent >= NGX_SLUICE_SPOOL_SEND) {
        (void) sync_file_range(spool->fd, spool->sent,
                               spool->size - spool->sent,
                               SYNC_FILE_RANGE_WRITE);
        spool->sent = spool->size;
    }
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


/* A kernel that cannot write pages back drops them, and says so once: the next
   sync succeeds. So what no earlier one has vouched for goes, and the client
   brings it again. */

static void
ngx_sluice_spool_distrust(ngx_sluice_spool_t *spool)
{
    if (!spool->durable && ftruncate(spool->fd, spool->saved) == 0) {
        spool->size = spool->saved;
        spool->sent = spool->saved;
    }
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
