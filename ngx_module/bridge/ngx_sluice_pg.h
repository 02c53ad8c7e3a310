/*
 * PostgreSQL for requests: a query goes in, a callback comes back, the event
 * loop never waits. One pool of connections per nginx process, opened on
 * demand; statements are prepared once per connection.
 */

#ifndef NGX_SLUICE_PG_H
#define NGX_SLUICE_PG_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "core/base/status.h"

typedef struct ngx_sluice_pg_s ngx_sluice_pg_t;
typedef struct ngx_sluice_pg_query_s ngx_sluice_pg_query_t;

#define NGX_SLUICE_PG_MAX_PARAMS 8

/* Static data: a connection remembers a statement by its address. */
typedef struct {
    const char *name;
    const char *sql;
    ngx_uint_t nparams;
    unsigned keep : 1; /* it runs though nobody waits for it any more */
} ngx_sluice_pg_statement_t;

typedef struct {
    sluice_status_t status; /* SLUICE_OK; _DATABASE_AWAY: no answer, or the
                               outcome is unknown; _FIELD_INVALID, _CONFLICT,
                               _INTERNAL: the database refused */
    unsigned sent : 1;      /* 0: the server never heard of the query */
    ngx_uint_t rows;        /* 0 unless SLUICE_OK */
    void *opaque;
} ngx_sluice_pg_result_t;

/* Called once, never from inside ngx_sluice_pg_query(). The result and the
   values in it are gone when the callback returns. */
typedef void (*ngx_sluice_pg_handler_pt)(void *data,
                                         const ngx_sluice_pg_result_t *result);

/* Reads `conninfo` (libpq's, key=value or URI) and resolves its host names now,
   since a lookup later would block. The server gives up on a statement after
   `timeout` milliseconds, too. NULL after logging what is wrong. */
ngx_sluice_pg_t *ngx_sluice_pg_create(ngx_conf_t *cf, ngx_str_t *conninfo,
                                      ngx_msec_t timeout);

/* Bounds: connections per process, queries that may wait for one, and the time
   from submission to answer (milliseconds). */
void ngx_sluice_pg_limits(ngx_sluice_pg_t *pg, ngx_uint_t pool,
                          ngx_uint_t waiting, ngx_msec_t timeout);

/* Submits. `params` are statement->nparams texts, copied; data NULL is SQL
   NULL. On SLUICE_OK `*query` is a handle that holds until the callback; else
   no callback comes: SLUICE_BUSY (too many waiting), SLUICE_DATABASE_AWAY or
   SLUICE_INTERNAL (memory). */
sluice_status_t ngx_sluice_pg_query(ngx_sluice_pg_t *pg,
                                    const ngx_sluice_pg_statement_t *statement,
                                    const ngx_str_t *params,
                                    ngx_sluice_pg_handler_pt handler,
                                    void *data, ngx_sluice_pg_query_t **query);

/* The callback will not come. What runs on the server, or is to be kept, runs
   to its end. */
void ngx_sluice_pg_cancel(ngx_sluice_pg_query_t *query);

/* A value as text, not terminated by contract; NGX_DECLINED when it is NULL. */
ngx_int_t ngx_sluice_pg_value(const ngx_sluice_pg_result_t *result,
                              ngx_uint_t row, ngx_uint_t column,
                              ngx_str_t *value);

/* For exit_process: closes all connections; no callback comes any more. */
void ngx_sluice_pg_close(ngx_sluice_pg_t *pg);

#endif
