/* $sluice_user and the like. */

#ifndef NGX_HTTP_SLUICE_VARIABLES_H
#define NGX_HTTP_SLUICE_VARIABLES_H

#include "ngx_module/http/ngx_http_sluice.h"

/* For a module's preconfiguration. */
ngx_int_t ngx_http_sluice_variables(ngx_conf_t *cf);

#endif
