/*
 * What the files of the PostgreSQL bridge share; each calls only those above
 * it:
 *
 *     ngx_sluice_pg_conf.c    reads a conninfo, once
 *     ngx_sluice_pg_query.c   a query, from its parameters to its answer
 *     ngx_sluice_pg_turn.c    who waits, and whose turn it is
 *     ngx_sluice_pg_wire.c    a connection's descriptor on the loop
 *     ngx_sluice_pg_name.c    a host's addresses, looked up in a thread
 *     ngx_sluice_pg_where.c   which server is asked
 *     ngx_sluice_pg_open.c    a connection, until it may be used
 *     ngx_sluice_pg_conn.c    a connection, from one query to the next
 *     ngx_sluice_pg.c         the pool, as ngx_sluice_pg.h promises it
 */

#ifndef NGX_SLUICE_PG_INTERNAL_H
#define NGX_SLUICE_PG_INTERNAL_H

#include "ngx_sluice_pg.h"
#include "ngx_sluice_event.h"
#include "core/base/pg_hosts.h"

#include <libpq-fe.h>

#define NGX_SLUICE_PG_MAX_STATEMENTS 64

/* ms that the server has to end by itself what took too long */
#define NGX_SLUICE_PG_GRACE 1000
#define NGX_SLUICE_PG_AGAIN 100 /* ms until a stop that was not heard */

/* ms until a server has not let us in, as the text that the kernel is told, too
   (TCP_USER_TIMEOUT): tcp(7) */
#define NGX_SLUICE_PG_PATIENCE 2000
#define NGX_SLUICE_PG_PATIENCE_TEXT "2000"


typedef struct ngx_sluice_pg_conn_s ngx_sluice_pg_conn_t;
typedef struct ngx_sluice_pg_user_s ngx_sluice_pg_user_t;

typedef void (*ngx_sluice_pg_step_pt)(ngx_sluice_pg_conn_t *conn);
typedef void (*ngx_sluice_pg_opened_pt)(ngx_sluice_pg_conn_t *conn,
                                        const char *why);


/* A host's addresses, as they were looked up last. */
typedef struct {
    const char *host;    /* that is looked up */
    ngx_queue_t waiting; /* connections, while it is */
    ngx_uint_t n;
    char addresses[PG_HOST_ADDRESSES_MAX][PG_HOST_ADDRESS_SIZE];
    unsigned asked : 1;
} ngx_sluice_pg_name_t;


/* Which server is asked: what a pool and that over which its statements are
   stopped know together. */
typedef struct {
    const ngx_str_t *directive;
    const char **keywords; /* of libpq, with room for a host at `nwords` */
    const char **values;
    ngx_uint_t nwords;
    const char *statement_timeout; /* NULL: the operator's own */
    ngx_msec_t patience;           /* with each attempt to connect */
    ngx_sluice_pg_t *pg;

    /* this process's */
    pg_hosts_t hosts;
    ngx_sluice_pg_name_t names[PG_HOSTS_MAX];
    ngx_msec_t retry_at;
    ngx_uint_t place; /* counts the servers that we came to */
    ngx_uint_t host;  /* that we are at */
    char address[PG_HOST_ADDRESS_SIZE];
    unsigned any : 1;     /* one that takes no writes is taken, too */
    unsigned replica : 1; /* one that takes writes is not */
    unsigned away : 1;    /* all have failed, one after the other */
    unsigned met : 1;     /* one of this round takes no writes */
    unsigned standby : 1; /* the same of the last round that found nobody */
    unsigned pooler : 1;  /* stands in between, and that was said */
} ngx_sluice_pg_where_t;


struct ngx_sluice_pg_s {
    ngx_sluice_pg_where_t *where;

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
    ngx_sluice_pg_counts_t *counts;
    unsigned ready : 1; /* the queues are initialized */
};


struct ngx_sluice_pg_query_s {
    ngx_queue_t queue; /* in user->waiting */
    ngx_sluice_pg_t *pg;
    ngx_sluice_pg_user_t *user;       /* NULL: not in any line yet */
    uint64_t whose;                   /* whose it is, also then */
    ngx_sluice_pg_conn_t *conn;       /* NULL while it waits */
    ngx_event_t timer;                /* from submission to answer */
    ngx_sluice_pg_handler_pt handler; /* NULL when nobody waits */
    void *data;
    const ngx_sluice_pg_statement_t *statement;
    const char *values[NGX_SLUICE_PG_MAX_PARAMS];
    unsigned left : 1;   /* nobody waits for it any more */
    unsigned unsent : 1; /* it did not get out: its timer's next tick tells */
    unsigned again : 1;  /* its first connection was lost */
};


struct ngx_sluice_pg_conn_s {
    ngx_queue_t queue; /* in pg->idle or pg->busy */
    ngx_sluice_pg_t *pg;
    PGconn *db;
    ngx_connection_t *c;
    ngx_event_t timer;            /* while connecting */
    ngx_sluice_pg_step_pt step;   /* what an event continues */
    ngx_sluice_pg_opened_pt done; /* connecting */
    ngx_queue_t naming;           /* in name->waiting */
    ngx_uint_t turn;              /* of where->hosts */
    ngx_uint_t host;
    ngx_uint_t naddresses; /* that the host has */
    char address[PG_HOST_ADDRESS_SIZE];
    ngx_uint_t place; /* where->place, of then; 0: it may not be used yet */
    ngx_sluice_pg_query_t *query;
    PGresult *result;            /* the last of the query */
    ngx_sluice_pg_query_t *stop; /* while the server is asked to stop it */
    ngx_event_t again;           /* when it is asked once more */
    unsigned over : 1;           /* the query, but not yet the asking */
    unsigned spoilt : 1;         /* a late stop might hit the next query */
    unsigned standby : 1;        /* the server takes no writes */
    unsigned pooled : 1;         /* its session may be another each time */
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

/* The same, and it has the next turn. */
void ngx_sluice_pg_turn_back(ngx_sluice_pg_query_t *query);


/* the wire: ngx_sluice_pg_wire.c */

/* Watches the descriptor that libpq has by now; what comes continues with
   conn->step. NGX_ERROR when the kernel or nginx refuses. */
ngx_int_t ngx_sluice_pg_wire_attach(ngx_sluice_pg_conn_t *conn, ngx_uint_t read,
                                    ngx_uint_t write);

/* Sends what libpq has to send, as far as that goes. */
ngx_int_t ngx_sluice_pg_wire_flush(ngx_sluice_pg_conn_t *conn);

/* NGX_OK when all of an answer is there, its last result in conn->result;
   NGX_AGAIN; NGX_ERROR when the connection is broken. */
ngx_int_t ngx_sluice_pg_wire_read(ngx_sluice_pg_conn_t *conn);


/* names: ngx_sluice_pg_name.c */

/* Looks up conn->host's name; conn->step is called when `where` has what was
   found, never from inside. NGX_ERROR: there is no thread, or no memory. */
ngx_int_t ngx_sluice_pg_name_ask(ngx_sluice_pg_conn_t *conn);

/* The connection does not wait any more; fine if it did not. */
void ngx_sluice_pg_name_leave(ngx_sluice_pg_conn_t *conn);


/* which server is asked: ngx_sluice_pg_where.c */

/* 1: all of them have failed a moment ago, and are left alone. */
ngx_uint_t ngx_sluice_pg_where_away(ngx_sluice_pg_where_t *where);

/* The connection goes to the server whose turn it is. */
void ngx_sluice_pg_where_begin(ngx_sluice_pg_conn_t *conn);

/* It did not get there. */
void ngx_sluice_pg_where_failed(ngx_sluice_pg_conn_t *conn);

/* It may be used. 1: the server is another than until now, and the connections
   of before are left. */
ngx_uint_t ngx_sluice_pg_where_reached(ngx_sluice_pg_conn_t *conn);

/* The server takes no writes any more: all connections to it are left. */
void ngx_sluice_pg_where_left(ngx_sluice_pg_conn_t *conn);

/* 1: the connection is to a server that we have left. */
ngx_uint_t ngx_sluice_pg_where_is_past(ngx_sluice_pg_conn_t *conn);

/* A pooler stands in between: says so once, and what to do. */
void ngx_sluice_pg_where_pooler(ngx_sluice_pg_where_t *where);


/* until a connection may be used: ngx_sluice_pg_open.c */

/* Goes to the server whose turn it is. NGX_OK: conn->done is called once, never
   from inside, with NULL or with what went wrong. NGX_ERROR: it went wrong
   already. */
ngx_int_t ngx_sluice_pg_open(ngx_sluice_pg_conn_t *conn);


/* a connection's life: ngx_sluice_pg_conn.c */

/* Opens a connection; when it stands it takes the first query that waits.
   NGX_OK when it is on its way. When all servers have failed that is remembered
   for a while, so that their absence costs nothing. */
ngx_int_t ngx_sluice_pg_conn_open(ngx_sluice_pg_t *pg);

/* Closes the connection. Its query, if any, waits for another one if it has
   changed nothing and this is its first; else it is answered with
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
