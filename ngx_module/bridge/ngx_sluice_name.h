/*
 * A host's name, looked up in a thread: getaddrinfo() waits for other machines.
 * It is asked anew for each connection, since managed databases move by DNS.
 */

#ifndef NGX_SLUICE_NAME_H
#define NGX_SLUICE_NAME_H

#include <ngx_config.h>
#include <ngx_core.h>

typedef struct ngx_sluice_name_s ngx_sluice_name_t;

/* Whose names they are: threads that wait for one's silent name server are not
   the other's. */
typedef enum {
    NGX_SLUICE_NAME_POSTGRESQL,
    NGX_SLUICE_NAME_REDIS,
    NGX_SLUICE_NAME_OF
} ngx_sluice_name_of_t;

#define NGX_SLUICE_NAME_SIZE 64 /* of an address as text, scoped or not */
#define NGX_SLUICE_NAME_MAX 8   /* addresses of a name; the others are left */

/* `n` IP addresses as text, in the order in which they are to be tried, gone
   when the handler returns; 0: there are none, and `why`. */
typedef void (*ngx_sluice_name_handler_pt)(
    void *data, char addresses[][NGX_SLUICE_NAME_SIZE], ngx_uint_t n,
    const char *why);

/* Begins to look `host` up, which is copied. `handler` is called once, on the
   loop, later; NULL: it will not be, there is no thread or no memory. */
ngx_sluice_name_t *ngx_sluice_name_look_up(ngx_sluice_name_of_t of,
                                           const char *host,
                                           ngx_sluice_name_handler_pt handler,
                                           void *data);

/* The handler will not be called. */
void ngx_sluice_name_cancel(ngx_sluice_name_t *name);

/* When a process exits, which waits for no name; fine when none was ever looked
   up. */
void ngx_sluice_name_end(void);

#endif
