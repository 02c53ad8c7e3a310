#include "ngx_sluice_event.h"


ngx_connection_t *
ngx_sluice_event_attach(int fd, void *data, ngx_event_handler_pt read,
                        ngx_event_handler_pt write)
{
    ngx_connection_t *c;

    c = ngx_get_connection(fd, ngx_cycle->log);
    if (c == NULL) {
        return NULL;
    }

    c->data = data;
    c->read->handler = read;
    c->read->log = c->log;
    c->write->handler = write;
    c->write->log = c->log;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);

    return c;
}


static ngx_int_t
ngx_sluice_event_set(ngx_event_t *ev, ngx_int_t event, ngx_uint_t wanted)
{
    if (wanted == ev->active) {
        return NGX_OK;
    }

    return wanted ? ngx_add_event(ev, event, NGX_LEVEL_EVENT)
                  : ngx_del_event(ev, event, 0);
}


ngx_int_t
ngx_sluice_event_want(ngx_connection_t *c, ngx_uint_t read, ngx_uint_t write)
{
    if (ngx_sluice_event_set(c->read, NGX_READ_EVENT, read) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_sluice_event_set(c->write, NGX_WRITE_EVENT, write);
}


void
ngx_sluice_event_detach(ngx_connection_t *c, ngx_uint_t closing)
{
    if (c == NULL) {
        return;
    }

    if (!closing) {
        (void) ngx_sluice_event_want(c, 0, 0);

    } else if (ngx_del_conn) {
        (void) ngx_del_conn(c, NGX_CLOSE_EVENT);

    } else {
        (void) ngx_del_event(c->read, NGX_READ_EVENT, NGX_CLOSE_EVENT);
        (void) ngx_del_event(c->write, NGX_WRITE_EVENT, NGX_CLOSE_EVENT);
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;
}


void
ngx_sluice_event_timer(ngx_event_t *ev, ngx_event_handler_pt handler)
{
    static ngx_connection_t nobody = { .fd = (ngx_socket_t) -1 };

    ev->handler = handler;
    ev->data = &nobody;
    ev->log = ngx_cycle->log;
}
