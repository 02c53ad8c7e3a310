#include "ngx_sluice_pg_internal.h"


#define NGX_SLUICE_PG_WHERE_RETRY 1000 /* ms, when all servers have failed */


ngx_uint_t
ngx_sluice_pg_where_away(ngx_sluice_pg_where_t *where)
{
    return where->away
           && (ngx_msec_int_t) (where->retry_at - ngx_current_msec) > 0;
}


void
ngx_sluice_pg_where_begin(ngx_sluice_pg_conn_t *conn)
{
    const pg_hosts_t *hosts = &conn->pg->where->hosts;
    const pg_host_t *host = &hosts->host[hosts->at];

    conn->turn = hosts->turn;
    conn->host = hosts->at;
    conn->naddresses = 1;
    ngx_memcpy(conn->address, host->address, sizeof(conn->address));
}


void
ngx_sluice_pg_where_failed(ngx_sluice_pg_conn_t *conn)
{
    ngx_sluice_pg_where_t *where = conn->pg->where;

    if (conn->standby) {
        where->met = 1;
    }

    if (pg_hosts_failed(&where->hosts, (unsigned) conn->turn,
                        (unsigned) conn->naddresses)) {
        where->away = 1;
        where->retry_at = ngx_current_msec + NGX_SLUICE_PG_WHERE_RETRY;
        where->standby = where->met;
        where->met = 0;
    }
}


ngx_uint_t
ngx_sluice_pg_where_reached(ngx_sluice_pg_conn_t *conn)
{
    ngx_uint_t moved;
    ngx_sluice_pg_where_t *where = conn->pg->where;

    pg_hosts_went_well(&where->hosts, (unsigned) conn->turn, conn->address);

    where->away = 0;
    where->standby = 0;
    where->met = 0;

    moved = where->place == 0 || where->host != conn->host
            || ngx_strcmp(where->address, conn->address) != 0;

    if (moved) {
        where->place++;
        where->host = conn->host;
        ngx_memcpy(where->address, conn->address, sizeof(where->address));
    }

    conn->place = where->place;

    return moved;
}


void
ngx_sluice_pg_where_left(ngx_sluice_pg_conn_t *conn)
{
    ngx_sluice_pg_where_t *where = conn->pg->where;

    if (ngx_sluice_pg_where_is_past(conn)) {
        return;
    }

    where->place++;
    where->host = PG_HOSTS_MAX; /* nowhere */

    (void) pg_hosts_failed(&where->hosts, where->hosts.turn,
                           (unsigned) conn->naddresses);
}


ngx_uint_t
ngx_sluice_pg_where_is_past(ngx_sluice_pg_conn_t *conn)
{
    return conn->place != conn->pg->where->place;
}


void
ngx_sluice_pg_where_pooler(ngx_sluice_pg_where_t *where)
{
    if (where->pooler) {
        return;
    }

    where->pooler = 1;

    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "\"%V\" names a pooler: statements are not prepared nor "
                  "stopped there, so give nginx's role a time for them: "
                  "\"alter role <name> set statement_timeout = '6s'\"",
                  where->directive);
}
