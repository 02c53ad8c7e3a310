/* What is appended to a file: in its order, and on its way into the digest. */

#define _GNU_SOURCE /* sync_file_range */

#include "ngx_sluice_spool_internal.h"


/* a process that is killed costs the next one this much reading at most */
#define NGX_SLUICE_SPOOL_SAVE (64 * 1024 * 1024)

/* bytes read at once, and before others get the thread */
#define NGX_SLUICE_SPOOL_READ (256 * 1024)
#define NGX_SLUICE_SPOOL_TURN (32 * 1024 * 1024)

/* the disk writes while the client sends, so that fsync has little left */
#define NGX_SLUICE_SPOOL_SEND (8 * 1024 * 1024)


static ngx_err_t ngx_sluice_spool_put(ngx_sluice_spool_t *spool, u_char *p,
                                      size_t size, tus_checksum_t *sum);
static ngx_err_t ngx_sluice_spool_copy(ngx_sluice_spool_t *spool, u_char *p,
                                       size_t size, tus_checksum_t *sum);
static void ngx_sluice_spool_send(ngx_sluice_spool_t *spool);


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
                err = ngx_sluice_spool_read(spool, buf->file->fd, &offset,
                                            buf->file_last,
                                            ngx_sluice_spool_copy, sum);
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
    return ngx_sluice_spool_read(spool, from->fd, offset, from->size,
                                 ngx_sluice_spool_copy, NULL);
}


ngx_err_t
ngx_sluice_spool_read(ngx_sluice_spool_t *spool, int fd, off_t *offset,
                      off_t end, ngx_sluice_spool_take_pt take,
                      tus_checksum_t *sum)
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

        err = take(spool, buf, (size_t) n, sum);
        if (err) {
            break;
        }

        *offset += n;
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


/* The same of what is read, not received: the disk is told as it grows. */

static ngx_err_t
ngx_sluice_spool_copy(ngx_sluice_spool_t *spool, u_char *p, size_t size,
                      tus_checksum_t *sum)
{
    ngx_err_t err;

    err = ngx_sluice_spool_put(spool, p, size, sum);

    if (err == 0) {
        ngx_sluice_spool_send(spool);
    }

    return err;
}


ngx_err_t
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
