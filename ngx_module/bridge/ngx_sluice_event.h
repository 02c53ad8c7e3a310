/*
 * A descriptor that a client library owns, on nginx's event loop.
 *
 * libpq and hiredis open, close and sometimes swap their sockets themselves;
 * nginx only watches them, level-triggered. Nothing here closes a descriptor.
 */

#ifndef NGX_SLUICE_EVENT_H
#define NGX_SLUICE_EVENT_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

/* Takes a connection for `fd`; events are asked for with _want(). Both handlers
   get an event whose data is the connection, whose data is `data`. NULL when
   worker_connections are used up. */
ngx_connection_t *ngx_sluice_event_attach(int fd, void *data,
                                          ngx_event_handler_pt read,
                                          ngx_event_handler_pt write);

/* Sets which events are watched. NGX_ERROR when the kernel refuses. */
ngx_int_t ngx_sluice_event_want(ngx_connection_t *c, ngx_uint_t read,
                                ngx_uint_t write);

/* Gives the connection back; NULL is fine. With `closing` the owner closes the
   descriptor next, or has done so already (libpq does at the end of a stream):
   the kernel then forgets it by itself. Without, it stops watching now. */
void ngx_sluice_event_detach(ngx_connection_t *c, ngx_uint_t closing);

/* Prepares a timer that belongs to no connection: nginx logs the descriptor of
   the one behind each. */
void ngx_sluice_event_timer(ngx_event_t *ev, ngx_event_handler_pt handler);

#endif
