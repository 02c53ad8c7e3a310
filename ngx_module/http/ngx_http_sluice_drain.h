/* A node that is to leave: while a file is there, its balancer is told to send
   nothing new, and what could go on elsewhere is told to. */

#ifndef NGX_HTTP_SLUICE_DRAIN_H
#define NGX_HTTP_SLUICE_DRAIN_H

#include <ngx_config.h>
#include <ngx_core.h>

/* Whether the file of sluice_drain was there a second ago, or this process is
   to exit. */
ngx_uint_t ngx_http_sluice_leaves(void);

#endif
