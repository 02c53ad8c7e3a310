/* The bytes of a file in the spool: in their order, and on their way into the
   digest. How far that has come stands in <id>.state beside them, so that
   another process goes on where this one was killed. */

#define _GNU_SOURCE /* sync_file_range */

#include "ngx_sluice_spool.h"
#include "ngx_sluice_spool_internal.h"


/* a process that is killed costs the next one this much reading at most */
#define NGX_SLUICE_SPOOL_SAVE (64 * 1024 * 1024)

/* bytes read at once, and before others get the thread */
#define NGX_SLUICE_SPOOL_READ (256 * 1024)
#define NGX_SLUICE_SPOOL_TURN (32 * 1024 * 1024)

/* the disk writes while the client sends, so that fsync has little left */
#define NGX_SLUICE_SPOOL_SEND (8 * 1024 * 1024)

/* a state's flag: what follows is nothing yet */
#define NGX_SLUICE_SPOOL_UNJUDGED 1


/* What is read is taken so, in its order. */
typedef ngx_err_t (*ngx_sluice_spool_take_pt)(ngx_sluice_spool_t *spool,
                                              u_char *p, size_t size,
                                              tus_checksum_t *sum);


/* the digest */

/* Where the digest was taken up anew, its part is one of which the beginning
   is not known, unless it begins there. */

static void
ngx_sluice_spool_part_begin(ngx_sluice_spool_t *spool)
{
    off_t at = (off_t) spool->sha256.bytes;

    sha256_init(&spool->of_part);
    spool->of_part_upto = at;
    spool->of_part_end = spool->part_end(at);
    spool->of_part_known = (at == 0 || spool->part_end(at - 1) == at);
}


static void
ngx_sluice_spool_part_end(ngx_sluice_spool_t *spool)
{
    if (spool->ends_count < NGX_SLUICE_SPOOL_ENDS) {
        ngx_sluice_spool_end_here(spool, &spool->ends[spool->ends_count++]);
    }

    ngx_sluice_spool_part_begin(spool);
}


void
ngx_sluice_spool_end_here(const ngx_sluice_spool_t *spool,
                          ngx_sluice_spool_end_t *end)
{
    end->at = (off_t) spool->sha256.bytes;
    end->behind = spool->sha256;
    end->known = spool->of_part_known && spool->of_part_upto == end->at;
    sha256_digest(&spool->of_part, end->sha256);
}


/* All bytes come by here, in their order. */

static void
ngx_sluice_spool_hash(ngx_sluice_spool_t *spool, u_char *p, size_t size)
{
    size_t n;

    if (spool->part_end == NULL) {
        sha256_update(&spool->sha256, p, size);
        return;
    }

    if (spool->of_part_end == 0
        || spool->of_part_upto != (off_t) spool->sha256.bytes) {
        ngx_sluice_spool_part_begin(spool);
    }

    for (/* void */; size; p += n, size -= n) {
        n = ngx_min(size, (size_t) (spool->of_part_end - spool->of_part_upto));

        sha256_update(&spool->sha256, p, n);

        if (spool->of_part_known) {
            sha256_update(&spool->of_part, p, n);
        }

        spool->of_part_upto += (off_t) n;

        if (spool->of_part_upto == spool->of_part_end) {
            ngx_sluice_spool_part_end(spool);
        }
    }
}


/* the file */

/* All of them, whatever a signal cuts short. */

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


/* Reads some MiB of a file from `*offset` on, up to `end`, moves that, and has
   `take` take them. NGX_EAGAIN: there is more. */

static ngx_err_t
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


/* the state */

/* A state that is missing, damaged or ahead of the file is no state. */

ngx_err_t
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
    spool->doubted = (flags & NGX_SLUICE_SPOOL_UNJUDGED) != 0;

    if (spool->doubted && !spool->durable) {
        if (ftruncate(spool->fd, spool->saved) == -1) {
            return ngx_errno;
        }

        spool->size = spool->saved;
    }

    return lseek(spool->fd, spool->size, SEEK_SET) == -1 ? ngx_errno : 0;
}


/* In place: its CRC tells a half-written one. That bytes are not judged is
   durable before the first of them, else they would count after a power loss;
   that they are, before anyone is told, else they would not. */

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

    if (err == 0 && (spool->unjudged || spool->doubted)
        && fdatasync(fd) == -1) {
        err = ngx_errno;
    }

    if (close(fd) == -1 && err == 0) {
        err = ngx_errno;
    }

    if (err == 0) {
        spool->doubted = spool->unjudged;
    }

    return err;
}


/* A full disk may have no room for it: then the next one has more to read, if
   it is not told that the bytes are nothing. */

ngx_err_t
ngx_sluice_spool_note(ngx_sluice_spool_t *spool)
{
    ngx_err_t err;

    err = ngx_sluice_spool_write_state(spool);

    if (err && (spool->doubted || (err != NGX_ENOSPC && err != EDQUOT))) {
        return err;
    }

    spool->saved = spool->size;

    return 0;
}


/* A kernel that cannot write pages back drops them, and says so once: the next
   sync succeeds. So what no earlier one has vouched for goes, and the client
   brings it again. */

void
ngx_sluice_spool_distrust(ngx_sluice_spool_t *spool)
{
    if (!spool->durable && ftruncate(spool->fd, spool->saved) == 0) {
        spool->size = spool->saved;
        spool->sent = spool->saved;
    }
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


ngx_err_t
ngx_sluice_spool_unjudged(ngx_sluice_spool_t *spool)
{
    ngx_err_t err;

    spool->valid = spool->size;
    spool->unjudged = 1;
    spool->doubted = 1;

    err = ngx_sluice_spool_write_state(spool);

    return err ? err : ngx_sluice_spool_sync_folder(&spool->place->folder);
}


/* What is not good leaves the state as _unjudged() wrote it. */

ngx_err_t
ngx_sluice_spool_judged(ngx_sluice_spool_t *spool, ngx_uint_t good)
{
    if (!good) {
        while (spool->ends_count
               && spool->ends[spool->ends_count - 1].at > spool->valid) {
            spool->ends_count--;
        }

        spool->size = spool->valid;
        return ftruncate(spool->fd, spool->valid) == -1 ? ngx_errno : 0;
    }

    spool->unjudged = 0;

    return ngx_sluice_spool_save(spool);
}


/* what was written before */

static ngx_err_t
ngx_sluice_spool_digest(ngx_sluice_spool_t *spool, u_char *p, size_t size,
                        tus_checksum_t *sum)
{
    ngx_sluice_spool_hash(spool, p, size);

    return 0;
}


ngx_err_t
ngx_sluice_spool_catch_up(ngx_sluice_spool_t *spool)
{
    off_t offset = (off_t) spool->sha256.bytes;

    return ngx_sluice_spool_read(spool, spool->fd, &offset, spool->size,
                                 ngx_sluice_spool_digest, NULL);
}


/* what is appended */

static ngx_err_t
ngx_sluice_spool_put(ngx_sluice_spool_t *spool, u_char *p, size_t size,
                     tus_checksum_t *sum)
{
    ngx_err_t err;

    err = spool->read_only ? 0 : ngx_sluice_spool_write(spool->fd, p, size);
    if (err) {
        return err;
    }

    ngx_sluice_spool_hash(spool, p, size);
    spool->size += (off_t) size;

    return sum && tus_checksum_update(sum, p, size) != 0 ? NGX_ENOMEM : 0;
}


/* A hint: where it cannot be given, fsync does all of it. What goes elsewhere
   in parts is mostly gone before the disk would write it by itself. */

static void
ngx_sluice_spool_send(ngx_sluice_spool_t *spool)
{
    if (spool->size - spool->sent >= NGX_SLUICE_SPOOL_SEND
        && spool->part_end == NULL && !spool->read_only) {
        (void) sync_file_range(spool->fd, spool->sent,
                               spool->size - spool->sent,
                               SYNC_FILE_RANGE_WRITE);
        spool->sent = spool->size;
    }
}


/* Puts what was read, not received: the disk is told as it grows. */

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

    if (spool->resumable && !spool->unjudged && spool->part_end == NULL
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


/* what comes from elsewhere */

ngx_err_t
ngx_sluice_spool_adopt(ngx_sluice_spool_t *spool, off_t size,
                       const sha256_t *sha256)
{
    if (ftruncate(spool->fd, 0) == -1 || ftruncate(spool->fd, size) == -1
        || lseek(spool->fd, size, SEEK_SET) == -1) {
        return ngx_errno;
    }

    spool->sha256 = *sha256;
    spool->size = size;
    spool->sent = size;

    return ngx_sluice_spool_note(spool);
}


/* Up to `end`, or to the end of what there is. */

static ngx_err_t
ngx_sluice_spool_adopt_read(ngx_sluice_spool_t *spool, off_t end, sha256_t *sum)
{
    off_t offset;
    u_char *buf;
    ssize_t n = 0;

    buf = malloc(NGX_SLUICE_SPOOL_READ);
    if (buf == NULL) {
        return NGX_ENOMEM;
    }

    for (offset = spool->size; offset < end; offset += n) {
        n = pread(spool->fd, buf,
                  (size_t) ngx_min(end - offset, NGX_SLUICE_SPOOL_READ),
                  offset);
        if (n <= 0) {
            break;
        }

        ngx_sluice_spool_hash(spool, buf, (size_t) n);
        sha256_update(sum, buf, (size_t) n);
    }

    free(buf);

    return n < 0 ? ngx_errno : 0;
}


ngx_err_t
ngx_sluice_spool_adopt_tail(ngx_sluice_spool_t *spool, off_t tail,
                            const u_char digest[SHA256_SIZE])
{
    u_char found[SHA256_SIZE];
    sha256_t sum, before = spool->sha256;
    ngx_err_t err;
    ngx_uint_t ended = spool->ends_count;

    sha256_init(&sum);
    err = ngx_sluice_spool_adopt_read(spool, spool->size + tail, &sum);
    sha256_digest(&sum, found);

    if (err == 0 && ngx_memcmp(found, digest, SHA256_SIZE) == 0) {
        spool->size += tail;

    } else {
        spool->sha256 = before;
        spool->ends_count = ended;
    }

    if (err == 0
        && (ftruncate(spool->fd, spool->size) == -1
            || lseek(spool->fd, spool->size, SEEK_SET) == -1)) {
        err = ngx_errno;
    }

    return err;
}
