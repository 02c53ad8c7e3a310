/* Reading the record of what is revoked into the zone: PostgreSQL's table, or
   without sluice_database Redis's sorted set, page by page beside the requests.
 */

#ifndef NGX_HTTP_SLUICE_SNAPSHOT_H
#define NGX_HTTP_SLUICE_SNAPSHOT_H

#include "ngx_module/http/ngx_http_sluice.h"

/* Redis's set: messages by the time when they expire. */
#define NGX_HTTP_SLUICE_SNAPSHOT_SET "sluice:revoked"

/* `ok`: everything that was revoked when the snapshot began is in the zone;
   `mirrored`: and in Redis's set. */
typedef void (*ngx_http_sluice_snapshot_done_pt)(ngx_uint_t ok,
                                                 ngx_uint_t mirrored);

/* Begins one. `mirror`: what PostgreSQL says is put into Redis's set as well.
   `done` may come from inside; until then there is not another. */
void ngx_http_sluice_snapshot(ngx_http_sluice_main_conf_t *smcf,
                              ngx_uint_t mirror,
                              ngx_http_sluice_snapshot_done_pt done);

/* For exit_process: `done` will not come. */
void ngx_http_sluice_snapshot_stop(void);

#endif
