/*
 * PostgreSQL for requests: a query goes in, a callback comes back, the event
 * loop never waits. One pool of connections per nginx process, opened on
 * demand; statements are prepared once per connection.
 *
 * Each query is somebody's. Who waits for a connection has his turn one after
 * the other, and nobody has more than half of the pool or of the line, however
 * much he asks. What reads is stopped on the server when nobody waits for it
 * any more; a connection is somebody else's when what it ran is over.
 *
 * When a connection is lost, what only read is tried once more on another; so
 * is what a server refused that takes no writes any more.
 */

#ifndef NGX_SLUICE_PG_H
#define NGX_SLUICE_PG_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "core/base/status.h"

typedef struct ngx_sluice_pg_s ngx_sluice_pg_t;
typedef struct ngx_sluice_pg_query_s ngx_sluice_pg_query_t;

#define NGX_SLUICE_PG_MAX_PARAMS 8

/* What becomes of a query that nobody waits for any more. */
typedef enum {
    NGX_SLUICE_PG_FINISH, /* it may change something: what has begun goes on to
                             its end, what has not is dropped */
    NGX_SLUICE_PG_UNDO,   /* the same, and what has begun is undone behind its
                             end: see ngx_sluice_pg_undone_t */
    NGX_SLUICE_PG_KEEP,   /* it runs all the same */
    NGX_SLUICE_PG_STOP    /* it reads alone: it is stopped */
} ngx_sluice_pg_end_t;

/* Static data: a connection remembers a statement by its address. */
typedef struct {
    const char *name;
    const char *sql;
    ngx_uint_t nparams;
    ngx_sluice_pg_end_t end;
} ngx_sluice_pg_statement_t;

/* A statement whose end is NGX_SLUICE_PG_UNDO, and another, of as many
   parameters, that gets the same values. */
typedef struct {
    ngx_sluice_pg_statement_t statement;
    const ngx_sluice_pg_statement_t *undo;
} ngx_sluice_pg_undone_t;

/* Whose queries they are that no user has asked for: without a bound. */
#define NGX_SLUICE_PG_HOUSE 0

/* Who answered what a replica might have, or why it did not. */
typedef enum {
    NGX_SLUICE_PG_REPLICA,
    NGX_SLUICE_PG_BEHIND, /* the primary: the replica had not replayed enough */
    NGX_SLUICE_PG_AWAY,   /* the primary: the replica did not answer */
    NGX_SLUICE_PG_READS
} ngx_sluice_pg_read_t;

/* What is counted, if anywhere: of several processes together. */
typedef struct {
    ngx_atomic_t stopped; /* statements, before they were over */
    ngx_atomic_t refused; /* queries, since their user had too many waiting */
    ngx_atomic_t busy;    /* queries, since too many were waiting */
    ngx_atomic_t reads[NGX_SLUICE_PG_READS];
    ngx_atomic_t behind; /* bytes that a replica lacked, when asked last */
} ngx_sluice_pg_counts_t;

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

/* Which of the servers that a conninfo names are meant. */
typedef enum {
    NGX_SLUICE_PG_PRIMARIES, /* those that take writes */
    NGX_SLUICE_PG_REPLICAS   /* standbys alone */
} ngx_sluice_pg_servers_t;

/* Reads `conninfo` (libpq's, key=value or URI), of the directive with this
   name. Of several hosts one is asked at a time, until it fails; one that is
   not of these servers is left. Names are looked up at each connect, in a
   thread. The server gives up on a statement after `timeout` milliseconds, too.
   NULL after logging what is wrong. */
ngx_sluice_pg_t *ngx_sluice_pg_create(ngx_conf_t *cf,
                                      const ngx_str_t *directive,
                                      const ngx_str_t *conninfo,
                                      ngx_msec_t timeout,
                                      ngx_sluice_pg_servers_t servers);

/* Bounds: connections per process, queries that may wait for one, and the time
   from submission to answer (milliseconds). */
void ngx_sluice_pg_limits(ngx_sluice_pg_t *pg, ngx_uint_t pool,
                          ngx_uint_t waiting, ngx_msec_t timeout);

/* Where to count from now on, in this process. */
void ngx_sluice_pg_count(ngx_sluice_pg_t *pg, ngx_sluice_pg_counts_t *counts);

/* Counts there a read that a replica might answer, and how many bytes it lacked
   when it was asked. */
void ngx_sluice_pg_count_read(ngx_sluice_pg_t *pg, ngx_sluice_pg_read_t how);
void ngx_sluice_pg_count_behind(ngx_sluice_pg_t *pg, ngx_uint_t bytes);

/* Submits for `whose` (a number for somebody, or NGX_SLUICE_PG_HOUSE).
   `params` are statement->nparams texts, copied; data NULL is SQL NULL. On
   SLUICE_OK `*query` is a handle that holds until the callback; else no
   callback comes: SLUICE_TOO_MANY (he has too many waiting), SLUICE_BUSY (all
   have), SLUICE_DATABASE_AWAY or SLUICE_INTERNAL (memory). */
sluice_status_t ngx_sluice_pg_query(ngx_sluice_pg_t *pg, uint64_t whose,
                                    const ngx_sluice_pg_statement_t *statement,
                                    const ngx_str_t *params,
                                    ngx_sluice_pg_handler_pt handler,
                                    void *data, ngx_sluice_pg_query_t **query);

/* The callback will not come; what becomes of the query, its statement says. */
void ngx_sluice_pg_cancel(ngx_sluice_pg_query_t *query);

/* A value as text, not terminated by contract; NGX_DECLINED when it is NULL. */
ngx_int_t ngx_sluice_pg_value(const ngx_sluice_pg_result_t *result,
                              ngx_uint_t row, ngx_uint_t column,
                              ngx_str_t *value);

/* 1 when no server takes writes, and one that answers is a standby. */
ngx_uint_t ngx_sluice_pg_standby(ngx_sluice_pg_t *pg);

/* For exit_process: closes all connections; no callback comes any more. */
void ngx_sluice_pg_close(ngx_sluice_pg_t *pg);

#endif
