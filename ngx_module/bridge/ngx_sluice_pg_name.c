#include "ngx_sluice_pg_internal.h"
#include "ngx_sluice_name.h"


/* What waits may leave, and come to wait again, while others are told. */

static void
ngx_sluice_pg_name_tell(ngx_sluice_pg_name_t *name)
{
    ngx_queue_t told, *q;
    ngx_sluice_pg_conn_t *conn;

    ngx_queue_init(&told);
    ngx_queue_add(&told, &name->waiting);
    ngx_queue_init(&name->waiting);

    while (!ngx_queue_empty(&told)) {
        q = ngx_queue_head(&told);
        conn = ngx_queue_data(q, ngx_sluice_pg_conn_t, naming);

        ngx_sluice_pg_name_leave(conn);
        conn->step(conn);
    }
}


static void
ngx_sluice_pg_name_done(void *data, char addresses[][NGX_SLUICE_NAME_SIZE],
                        ngx_uint_t n, const char *why)
{
    ngx_uint_t i;
    ngx_sluice_pg_name_t *name = data;

    if (n == 0) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "host \"%s\" of \"sluice_database\": %s", name->host,
                      why);
    }

    name->asked = 0;
    name->n = ngx_min(n, PG_HOST_ADDRESSES_MAX);

    for (i = 0; i < name->n; i++) {
        ngx_memcpy(name->addresses[i], addresses[i], PG_HOST_ADDRESS_SIZE);
    }

    ngx_sluice_pg_name_tell(name);
}


static ngx_int_t
ngx_sluice_pg_name_begin(ngx_sluice_pg_name_t *name, const char *host)
{
    if (ngx_sluice_name_look_up(NGX_SLUICE_NAME_POSTGRESQL, host,
                                ngx_sluice_pg_name_done, name)
        == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_init(&name->waiting);
    name->host = host;
    name->asked = 1;

    return NGX_OK;
}


ngx_int_t
ngx_sluice_pg_name_ask(ngx_sluice_pg_conn_t *conn)
{
    ngx_sluice_pg_where_t *where = conn->pg->where;
    ngx_sluice_pg_name_t *name = &where->names[conn->host];

    if (!name->asked
        && ngx_sluice_pg_name_begin(name, where->hosts.host[conn->host].name)
               != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_queue_insert_tail(&name->waiting, &conn->naming);

    return NGX_OK;
}


void
ngx_sluice_pg_name_leave(ngx_sluice_pg_conn_t *conn)
{
    if (conn->naming.next) {
        ngx_queue_remove(&conn->naming);
        conn->naming.next = NULL;
    }
}
