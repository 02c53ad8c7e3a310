/*
 * Reading the record of what is revoked into the zone, beside the requests:
 *
 *   all of it         PostgreSQL's table page by page, or without
 *                     sluice_database Redis's sorted set
 *   what is new       what PostgreSQL has taken in since the last reading
 *
 * New is told by transactions, not by the clock or a sequence: each row has the
 * one that wrote it, and each reading tells before which one nothing is under
 * way any more. The next reading begins there, so that a row that is committed
 * late is not passed over.
 */

#ifndef NGX_HTTP_SLUICE_SNAPSHOT_H
#define NGX_HTTP_SLUICE_SNAPSHOT_H

#include "ngx_module/http/ngx_http_sluice.h"

/* Redis's set: messages by the time when they expire. */
#define NGX_HTTP_SLUICE_SNAPSHOT_SET "sluice:revoked"

/* `ok`: everything that was revoked when the reading began is in the zone;
   `mirrored`: and in Redis's set. */
typedef void (*ngx_http_sluice_snapshot_done_pt)(ngx_uint_t ok,
                                                 ngx_uint_t mirrored);

/* Begins to read all. `mirror`: what PostgreSQL says is put into Redis's set as
   well. `done` may come from inside; until then there is not another. */
void ngx_http_sluice_snapshot(ngx_http_sluice_main_conf_t *smcf,
                              ngx_uint_t mirror,
                              ngx_http_sluice_snapshot_done_pt done);

/* Begins to read what is new, where there is a database and all has been read
   once: the same. When too much is new, or the record is another than before,
   `done` says that all has to be read. */
void ngx_http_sluice_snapshot_news(ngx_http_sluice_main_conf_t *smcf,
                                   ngx_http_sluice_snapshot_done_pt done);

/* For exit_process: no `done` will come. */
void ngx_http_sluice_snapshot_stop(void);

#endif
