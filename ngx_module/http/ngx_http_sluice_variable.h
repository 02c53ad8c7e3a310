/* Variables of nginx.conf, as the modules that have some share them. */

#ifndef NGX_HTTP_SLUICE_VARIABLE_H
#define NGX_HTTP_SLUICE_VARIABLE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

/* For a module's preconfiguration: adds those of a table that ends with
   ngx_http_null_variable. */
ngx_int_t ngx_http_sluice_variable_add(ngx_conf_t *cf,
                                       ngx_http_variable_t *table);

/* The variable is this text, which must outlive the request. */
void ngx_http_sluice_variable_set(ngx_http_variable_value_t *v,
                                  const ngx_str_t *text);

#endif
