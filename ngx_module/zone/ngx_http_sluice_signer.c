/*
 * Which key signs. After a reload the processes that are replaced take requests
 * for some moments more, and they do not know a key that was just added: until
 * they have left, the key behind it signs.
 */

#include "ngx_http_sluice_signer.h"
#include "ngx_http_sluice_zone.h"


/* no socket, but in use */
#define NGX_HTTP_SLUICE_SIGNER_FD ((ngx_socket_t) -2)


unsigned
ngx_http_sluice_signer(void)
{
    static ngx_uint_t settled;

    if (!settled) {
        settled = !ngx_http_sluice_zone_replacing();
    }

    return settled ? 0 : 1;
}


static void
ngx_http_sluice_signer_leave(ngx_event_t *ev)
{
    ngx_connection_t *c = ev->data;

    ngx_http_sluice_zone_leave();

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;
}


/*
 * nginx has no hook for a process that is told to quit, but it closes idle
 * connections then, right after it has stopped to listen: one without a socket
 * tells us.
 */

ngx_int_t
ngx_http_sluice_signer_start(ngx_cycle_t *cycle)
{
    ngx_connection_t *c;

    c = ngx_get_connection(0, cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->fd = NGX_HTTP_SLUICE_SIGNER_FD;
    c->idle = 1;
    c->read->handler = ngx_http_sluice_signer_leave;
    c->read->log = cycle->log;
    c->write->log = cycle->log;

    ngx_http_sluice_zone_serve();

    return NGX_OK;
}
