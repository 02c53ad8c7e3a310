/* sluice_passkeys: whose passkeys a server takes, and from where. */

#ifndef NGX_HTTP_SLUICE_PASSKEYS_H
#define NGX_HTTP_SLUICE_PASSKEYS_H

#include "ngx_http_sluice.h"

/* off | [rp=<host>] [origin=<origin>]… */
char *ngx_http_sluice_passkeys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* What is not written here is as it is around, and what comes of it for this
   public URL: none are taken of a machine's address, which browsers make no
   passkeys for (Web Authentication, Level 3, 4, "Relying Party Identifier"). */
char *ngx_http_sluice_passkeys_merge(
    ngx_conf_t *cf, const ngx_http_sluice_passkeys_conf_t *prev,
    ngx_http_sluice_passkeys_conf_t *conf, const ngx_str_t *url);

#endif
