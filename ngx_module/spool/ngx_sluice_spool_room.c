#define _GNU_SOURCE /* fallocate */

#include "ngx_sluice_spool.h"

#include <sys/statvfs.h>


#define NGX_SLUICE_SPOOL_BLOCK 512 /* of st_blocks: stat(2) */


static ngx_err_t ngx_sluice_spool_room(ngx_sluice_spool_t *spool, off_t bytes);


/* Whoever asks at the same time may have been told the same: what is left is
   looked at again when the space is ours. */

ngx_err_t
ngx_sluice_spool_reserve(ngx_sluice_spool_t *spool, off_t length,
                         off_t keep_free)
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
