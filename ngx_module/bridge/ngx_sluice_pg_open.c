#include "ngx_sluice_pg_internal.h"


/* What no parameter of a connection tells: whether its session is the server's
   own, with the process that it told us of; whether it takes writes. Its clock
   for statements is set by one, since poolers refuse options. */
static const char ngx_sluice_pg_open_greeting[] =
    "select own, "
    "pg_is_in_recovery() or current_setting('transaction_read_only')::boolean, "
    "case when own then set_config('statement_timeout', $2, false) end "
    "from (select pg_backend_pid() = $1::integer as own) as session";


static void
ngx_sluice_pg_open_timeout(ngx_event_t *ev)
{
    ngx_sluice_pg_conn_t *conn = ev->data;

    conn->done(conn, "connect timed out");
}


static void
ngx_sluice_pg_open_greeted(ngx_sluice_pg_conn_t *conn)
{
    ngx_int_t rc;
    ngx_uint_t own;

    rc = ngx_sluice_pg_wire_read(conn);

    if (rc == NGX_AGAIN) {
        return;
    }

    if (rc != NGX_OK || PQresultStatus(conn->result) != PGRES_TUPLES_OK) {
        conn->done(conn, "greeting");
        return;
    }

    own = *PQgetvalue(conn->result, 0, 0) == 't';
    conn->standby = *PQgetvalue(conn->result, 0, 1) == 't';

    PQclear(conn->result);
    conn->result = NULL;

    if (conn->standby && !conn->pg->where->any) {
        conn->done(conn, "it takes no writes, as a standby");
        return;
    }

    if (!conn->standby && conn->pg->where->replica) {
        conn->done(conn, "it takes writes, so it is no replica");
        return;
    }

    if (!own) {
        ngx_sluice_pg_where_pooler(conn->pg->where);
    }

    conn->pooled = conn->pg->where->pooler;

    ngx_del_timer(&conn->timer);
    conn->done(conn, NULL);
}


static ngx_int_t
ngx_sluice_pg_open_greet(ngx_sluice_pg_conn_t *conn)
{
    char pid[NGX_INT_T_LEN + 1];
    const char *values[2];

    (void) ngx_sprintf((u_char *) pid, "%d%Z", PQbackendPID(conn->db));

    values[0] = pid;
    values[1] = conn->pg->where->statement_timeout;

    conn->step = ngx_sluice_pg_open_greeted;

    return PQsetnonblocking(conn->db, 1) == 0
                   && PQsendQueryParams(conn->db, ngx_sluice_pg_open_greeting,
                                        2, NULL, values, NULL, NULL, 0)
                   && ngx_sluice_pg_wire_flush(conn) == NGX_OK
               ? NGX_OK
               : NGX_ERROR;
}


static void
ngx_sluice_pg_open_polled(ngx_sluice_pg_conn_t *conn)
{
    PostgresPollingStatusType poll;

    /* libpq may close this socket and open another between two polls */
    ngx_sluice_event_detach(conn->c, 0);
    conn->c = NULL;

    poll = PQconnectPoll(conn->db);

    if (poll == PGRES_POLLING_FAILED
        || ngx_sluice_pg_wire_attach(conn, poll != PGRES_POLLING_WRITING,
                                     poll == PGRES_POLLING_WRITING)
               != NGX_OK
        || (poll == PGRES_POLLING_OK
            && ngx_sluice_pg_open_greet(conn) != NGX_OK)) {
        conn->done(conn, "connect");
    }
}


static void
ngx_sluice_pg_open_notice(void *arg, const char *message)
{
    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0, "postgresql: %s", message);
}


/* libpq copies what it is told. */

static ngx_int_t
ngx_sluice_pg_open_connect(ngx_sluice_pg_conn_t *conn)
{
    ngx_sluice_pg_where_t *where = conn->pg->where;
    const pg_host_t *host = &where->hosts.host[conn->host];

    where->values[where->nwords] = host->name;
    where->values[where->nwords + 1] = conn->address;
    where->values[where->nwords + 2] = host->port;

    conn->step = ngx_sluice_pg_open_polled;
    conn->db = PQconnectStartParams(where->keywords, where->values, 0);

    if (conn->db == NULL || PQstatus(conn->db) == CONNECTION_BAD) {
        return NGX_ERROR;
    }

    (void) PQsetNoticeProcessor(conn->db, ngx_sluice_pg_open_notice, NULL);

    return ngx_sluice_pg_wire_attach(conn, 0, 1);
}


static void
ngx_sluice_pg_open_named(ngx_sluice_pg_conn_t *conn)
{
    ngx_uint_t i;
    pg_hosts_t *hosts = &conn->pg->where->hosts;
    ngx_sluice_pg_name_t *name = &conn->pg->where->names[conn->host];

    conn->naddresses = name->n;

    if (name->n == 0) {
        conn->done(conn, "no address");
        return;
    }

    if (conn->turn != hosts->turn) {
        conn->done(conn, "another server has its turn");
        return;
    }

    i = pg_hosts_choose(hosts, name->addresses, (unsigned) name->n);
    ngx_memcpy(conn->address, name->addresses[i], sizeof(conn->address));

    if (ngx_sluice_pg_open_connect(conn) != NGX_OK) {
        conn->done(conn, "connect");
    }
}


ngx_int_t
ngx_sluice_pg_open(ngx_sluice_pg_conn_t *conn)
{
    ngx_int_t rc;
    ngx_sluice_pg_where_t *where = conn->pg->where;

    ngx_sluice_pg_where_begin(conn);

    conn->timer.handler = ngx_sluice_pg_open_timeout;
    conn->timer.data = conn;
    conn->timer.log = ngx_cycle->log;

    if (pg_host_is_name(&where->hosts.host[conn->host])) {
        conn->step = ngx_sluice_pg_open_named;
        rc = ngx_sluice_pg_name_ask(conn);

    } else {
        rc = ngx_sluice_pg_open_connect(conn);
    }

    if (rc == NGX_OK) {
        ngx_add_timer(&conn->timer,
                      ngx_min(where->patience, conn->pg->timeout));
    }

    return rc;
}
