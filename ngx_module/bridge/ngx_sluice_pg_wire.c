#include "ngx_sluice_pg_internal.h"


static void
ngx_sluice_pg_wire_event(ngx_event_t *ev)
{
    ngx_connection_t *c = ev->data;
    ngx_sluice_pg_conn_t *conn = c->data;

    conn->step(conn);
}


ngx_int_t
ngx_sluice_pg_wire_attach(ngx_sluice_pg_conn_t *conn, ngx_uint_t read,
                          ngx_uint_t write)
{
    conn->c = ngx_sluice_event_attach(PQsocket(conn->db), conn,
                                      ngx_sluice_pg_wire_event,
                                      ngx_sluice_pg_wire_event);
    if (conn->c == NULL) {
        return NGX_ERROR;
    }

    return ngx_sluice_event_want(conn->c, read, write);
}


ngx_int_t
ngx_sluice_pg_wire_flush(ngx_sluice_pg_conn_t *conn)
{
    int rc;

    rc = PQflush(conn->db);

    return rc < 0 ? NGX_ERROR : ngx_sluice_event_want(conn->c, 1, rc == 1);
}


ngx_int_t
ngx_sluice_pg_wire_read(ngx_sluice_pg_conn_t *conn)
{
    PGresult *result;

    if (PQconsumeInput(conn->db) == 0
        || ngx_sluice_pg_wire_flush(conn) != NGX_OK) {
        return NGX_ERROR;
    }

    while (!PQisBusy(conn->db)) {
        result = PQgetResult(conn->db);

        if (result == NULL) {
            return conn->result ? NGX_OK : NGX_ERROR;
        }

        PQclear(conn->result);
        conn->result = result;
    }

    return NGX_AGAIN;
}
