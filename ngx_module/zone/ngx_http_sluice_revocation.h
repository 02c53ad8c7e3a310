/*
 * How a revocation reaches every nginx process on every machine within a
 * second or two, in two ways. PostgreSQL is the record, Redis carries the news
 * at once, and the zone is what a machine knows:
 *
 *   each process      listens to the channel and puts what it hears into the
 *                     zone
 *   one a machine     reads each second what is new in the record, and all of
 *                     it at start, after each subscription and every minute
 *
 * Without sluice_database the record is a sorted set in Redis, which processes
 * with a database fill.
 */

#ifndef NGX_HTTP_SLUICE_REVOCATION_H
#define NGX_HTTP_SLUICE_REVOCATION_H

#include "ngx_module/http/ngx_http_sluice.h"

#include <jansson.h>

/* For init_process; `smcf` lives as long as the process. */
void ngx_http_sluice_revocation_start(ngx_http_sluice_main_conf_t *smcf);

/* For exit_process, before Redis and PostgreSQL are closed. */
void ngx_http_sluice_revocation_stop(void);

/* Puts what an api.* function has revoked into this machine's zone and tells
   the other machines, without waiting. `list` is an array of {"kind", "id",
   "before", "exp"}; the caller keeps it. */
void ngx_http_sluice_revocation_publish(ngx_http_request_t *r, json_t *list);

/* The same for a budget that has nothing left for anybody. */
void ngx_http_sluice_revocation_spent(ngx_str_t *id, time_t exp);

#endif
