/* How far an upload's digest has come, in <id>.state beside its bytes: so that
   another process goes on where this one was killed. */

#include "ngx_sluice_spool_internal.h"


/* a state's flag: what follows is nothing yet */
#define NGX_SLUICE_SPOOL_UNJUDGED 1


static ngx_err_t ngx_sluice_spool_digest(ngx_sluice_spool_t *spool, u_char *p,
                                         size_t size, tus_checksum_t *sum);
static ngx_err_t ngx_sluice_spool_write_state(ngx_sluice_spool_t *spool);


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
    off_t offset = (off_t) spool->sha256.bytes;

    return ngx_sluice_spool_read(spool, spool->fd, &offset, spool->size,
                                 ngx_sluice_spool_digest, NULL);
}


static ngx_err_t
ngx_sluice_spool_digest(ngx_sluice_spool_t *spool, u_char *p, size_t size,
                        tus_checksum_t *sum)
{
    sha256_update(&spool->sha256, p, size);

    return 0;
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

ngx_err_t
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
