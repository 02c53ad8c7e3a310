/* What the files of the spool ask of each other, and nobody else. */

#ifndef NGX_SLUICE_SPOOL_INTERNAL_H
#define NGX_SLUICE_SPOOL_INTERNAL_H

#include "ngx_sluice_spool.h"

/* Of an open file whose `size` is known: its digest as far as it was written
   down, and none of a chunk that was not judged. */
ngx_err_t ngx_sluice_spool_load(ngx_sluice_spool_t *spool);

/* Writes down how far the digest is; the bytes are durable already. */
ngx_err_t ngx_sluice_spool_note(ngx_sluice_spool_t *spool);

/* After a sync that failed: `size` is what an earlier one has vouched for. */
void ngx_sluice_spool_distrust(ngx_sluice_spool_t *spool);

/* What was made in it, or renamed, is durable. */
ngx_err_t ngx_sluice_spool_sync_folder(const ngx_str_t *folder);

#endif
