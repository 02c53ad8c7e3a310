/*
 * What the files of the PostgreSQL bridge share; each calls only those above
 * it:
 *
 *     ngx_sluice_pg_conf.c    reads a conninfo, once
 *     ngx_sluice_pg_query.c   a query, from its parameters to its answer
 *     ngx_sluice_pg_turn.c    who waits, and whose turn it is
 *     ngx_sluice_pg_conn.c    a connection, from one query to the next
 *     ngx_sluice_pg.c         the pool, as ngx_sluice_pg.h promises it
 */

#ifndef NGX_SLUICE_PG_INTERNAL_H
#define NGX_SLUICE_PG_INTERNAL_H

#include "ngx_sluice_pg.h"
#include "ngx_sluice_event.h"

#include <libpq-fe.h>

#define NGX_SLUICE_PG_MAX_STATEMENTS 64

/* ms that the server has to end by itself what took too long */
#define NGX_SLUICE_PG_GRACE 1000
#define NGX_SLUICE_PG_AGAIN 100 /* ms until a stop that was not heard */


typedef struct ngx_sluice_pg_conn_s ngx_sluice_pg_conn_t;
typedef struct ngx_sluice_pg_user_s ngx_sluice_pg_user_t;

typedef void (*ngx_sluice_pg_step_pt)(ngx_sluice_pg_conn_t *conn);


struct ngx_sluice_pg_s {
    const char **keywords;
    const char **values;

    ngx_uint_t pool;
    ngx_uint_t max_waiting;
    ngx_msec_t timeout;

    /* one connection more, over which statements are stopped; NULL: this is
       itself such a pool */
    ngx_sluice_pg_t *stopper;

    /* this process's, filled while it serves */
    ngx_uint_t open;
    ngx_queue_t idle;
    ngx_queue_t busy;
    ngx_rbtree_t users; /* who has something here */
    ngx_rbtree_node_t sentinel;
    ngx_queue_t turns; /* those of them who wait, in the order of their turns */
    ngx_uint_t nwaiting;
    ngx_msec_t retry_at;
    ngx_sluice_pg_counts_t *counts;
    unsigned ready : 1; /* the queues are initialized */
    unsigned away : 1;  /* the last connect failed */
};


struct ngx_sluice_pg_query_s {
    ngx_queue_t queue; /* in user->waiting */
    ngx_sluice_pg_t *pg;
    ngx_sluice_pg_user_t *user;       /* NULL: not in any line yet */
    ngx_sluice_pg_conn_t *conn;       /* NULL while it waits */
    ngx_event_t timer;                /* from submission to answer */
    ngx_sluice_pg_handler_pt handler; /* NULL when nobody waits */
    void *data;
    const ngx_sluice_pg_statement_t *statement;
    const char *values[NGX_SLUICE_PG_MAX_PARAMS];
    unsigned left : 1;   /* nobody waits for it any more */
    unsigned unsent : 1; /* it did not get out: its timer's next tick tells */
};


struct ngx_sluice_pg_conn_s {
    ngx_queue_t queue; /* in pg->idle or pg->busy */
    ngx_sluice_pg_t *pg;
    PGconn *db;
    ngx_connection_t *c;
    ngx_event_t timer;          /* while connecting */
    ngx_sluice_pg_step_pt step; /* what an event continues */
    ngx_sluice_pg_query_t *query;
    PGresult *result;            /* the last of the query */
    ngx_sluice_pg_query_t *stop; /* while the server is asked to stop it */
    ngx_event_t again;           /* when it is asked once more */
    unsigned over : 1;           /* the query, but not yet the asking */
    unsigned spoilt : 1;         /* a late stop might hit the next query */
    ngx_uint_t nstatements;
    const ngx_sluice_pg_statement_t *statements[NGX_SLUICE_PG_MAX_STATEMENTS];
};


/* a query's life: ngx_sluice_pg_query.c */

/* One that nobody has submitted yet, to be ended by _answer(); NULL without
   memory. Its timer is the caller's to set. */
ngx_sluice_pg_query_t *ngx_sluice_pg_query_make(
    ngx_sluice_pg_t *pg, const ngx_sluice_pg_statement_t *statement,
    const ngx_str_t *params, ngx_sluice_pg_handler_pt handler, void *data);

/* Calls the query's handler, unless cancelled, and frees the query. `result`
   has the rows of SLUICE_OK, and stays the caller's. */
void ngx_sluice_pg_query_answer(ngx_sluice_pg_query_t *query,
                                sluice_status_t status, PGresult *result);


/* the line: ngx_sluice_pg_turn.c */

void ngx_sluice_pg_turn_init(ngx_sluice_pg_t *pg);

/* The query waits from now on; SLUICE_TOO_MANY, SLUICE_BUSY or SLUICE_INTERNAL
   when it may not. */
sluice_status_t ngx_sluice_pg_turn_wait(ngx_sluice_pg_query_t *query,
                                        uint64_t whose);

/* It waits no more, in vain. */
void ngx_sluice_pg_turn_leave(ngx_sluice_pg_query_t *query);

/* 1 when whose it is may have one connection more. */
ngx_uint_t ngx_sluice_pg_turn_may(ngx_sluice_pg_query_t *query);

/* The query whose turn it is, out of the line, which counts as its user's until
   _over(); NULL when nobody waits who may. */
ngx_sluice_pg_query_t *ngx_sluice_pg_turn_next(ngx_sluice_pg_t *pg);

/* One that waits, whosever; NULL: none. */
ngx_sluice_pg_query_t *ngx_sluice_pg_turn_any(ngx_sluice_pg_t *pg);

/* It does not have a connection any more. */
void ngx_sluice_pg_turn_over(ngx_sluice_pg_query_t *query);


/* a connection's life: ngx_sluice_pg_conn.c */

/* Opens a connection; when it stands it takes the first query that waits.
   NGX_OK when it is on its way. A failure is remembered for a while, so that an
   absent server costs nothing. */
ngx_int_t ngx_sluice_pg_conn_open(ngx_sluice_pg_t *pg);

/* Closes the connection; its query, if any, is answered with
   SLUICE_DATABASE_AWAY. */
void ngx_sluice_pg_conn_lost(ngx_sluice_pg_conn_t *conn, const char *what);

/* Closes it without a word to its query. */
void ngx_sluice_pg_conn_free(ngx_sluice_pg_conn_t *conn);

/* Gives a connection that is free the next query that waits, or puts it by. */
void ngx_sluice_pg_conn_next(ngx_sluice_pg_conn_t *conn);

/* 1 while the server runs the connection's query: before, there is nothing to
   stop. */
ngx_uint_t ngx_sluice_pg_conn_runs(ngx_sluice_pg_conn_t *conn);

/* The asking of conn->stop is over. A query that is over meanwhile lets its
   connection go; when the asking may still come and hit what runs then, nobody
   is given it. A server that has not begun with a query hears nothing: it is
   asked again as long as the query runs. */
void ngx_sluice_pg_conn_stopped(ngx_sluice_pg_conn_t *conn, ngx_uint_t may_hit);

/* Those who wait get a new connection; without hope of one, an answer. */
void ngx_sluice_pg_conn_replenish(ngx_sluice_pg_t *pg);

#endif
