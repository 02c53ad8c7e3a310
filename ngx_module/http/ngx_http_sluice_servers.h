/* sluice_database, sluice_database_replica and sluice_redis: where they are, as
   nginx's directives take it. */

#ifndef NGX_HTTP_SLUICE_SERVERS_H
#define NGX_HTTP_SLUICE_SERVERS_H

#include "ngx_http_sluice.h"

/* For ngx_command_t; `conf` is ngx_http_sluice_main_conf_t. */
char *ngx_http_sluice_servers_database(ngx_conf_t *cf, ngx_command_t *cmd,
                                       void *conf);
char *ngx_http_sluice_servers_replica(ngx_conf_t *cf, ngx_command_t *cmd,
                                      void *conf);
char *ngx_http_sluice_servers_redis(ngx_conf_t *cf, ngx_command_t *cmd,
                                    void *conf);

#endif
