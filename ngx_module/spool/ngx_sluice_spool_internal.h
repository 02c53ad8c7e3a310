/* What the files of the spool share, and nobody else knows. */

#ifndef NGX_SLUICE_SPOOL_INTERNAL_H
#define NGX_SLUICE_SPOOL_INTERNAL_H

#include "ngx_sluice_spool.h"


/* the state: ngx_sluice_spool_state.c */

/* Of an open file whose `size` is known: its digest as far as it was written
   down, and none of a chunk that was not judged. */
ngx_err_t ngx_sluice_spool_load(ngx_sluice_spool_t *spool);

/* Writes down how far the digest is; the bytes are durable already. */
ngx_err_t ngx_sluice_spool_note(ngx_sluice_spool_t *spool);

/* After a sync that failed: `size` is what an earlier one has vouched for. */
void ngx_sluice_spool_distrust(ngx_sluice_spool_t *spool);


/* bytes: ngx_sluice_spool_bytes.c */

typedef ngx_err_t (*ngx_sluice_spool_take_pt)(ngx_sluice_spool_t *spool,
                                              u_char *p, size_t size,
                                              tus_checksum_t *sum);

/* Reads some MiB of a file from `*offset` on, up to `end`, moves that, and has
   `take` take them. NGX_EAGAIN: there is more. */
ngx_err_t ngx_sluice_spool_read(ngx_sluice_spool_t *spool, int fd,
                                off_t *offset, off_t end,
                                ngx_sluice_spool_take_pt take,
                                tus_checksum_t *sum);

/* All of them, whatever a signal cuts short. */
ngx_err_t ngx_sluice_spool_write(int fd, u_char *p, size_t size);

#endif
