/*
 * A host's name, looked up in a thread: getaddrinfo() waits for other machines.
 * It is asked anew for each connection, since managed databases move by DNS.
 */

#ifndef NGX_SLUICE_NAME_H
#define NGX_SLUICE_NAME_H

#include <ngx_config.h>
#include <ngx_core.h>

typedef struct ngx_sluice_name_s ngx_sluice_name_t;

/* `address` is an IP address as text, gone when the handler returns; NULL:
   there is none, and `why`. */
typedef void (*ngx_sluice_name_handler_pt)(void *data, const char *address,
                                           const char *why);

/* 1 when `host` is an IP address already. */
ngx_uint_t ngx_sluice_name_numeric(const char *host);

/* Begins to look `host` up, which is copied. Of several addresses the `turn`-th
   is told, counted around. `handler` is called once, on the loop, later; NULL:
   it will not be, there is no thread or no memory. */
ngx_sluice_name_t *ngx_sluice_name_look_up(const char *host, ngx_uint_t turn,
                                           ngx_sluice_name_handler_pt handler,
                                           void *data);

/* The handler will not be called. */
void ngx_sluice_name_cancel(ngx_sluice_name_t *name);

/* When a process exits; fine when no name was ever looked up. */
void ngx_sluice_name_end(void);

#endif
