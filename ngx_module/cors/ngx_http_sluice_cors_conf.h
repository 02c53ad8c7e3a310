/* sluice_cors off | <origin>… | *; and what it comes to in a location. */

#ifndef NGX_HTTP_SLUICE_CORS_CONF_H
#define NGX_HTTP_SLUICE_CORS_CONF_H

#include "ngx_module/http/ngx_http_sluice.h"

extern ngx_module_t ngx_http_sluice_cors_filter_module;

typedef struct {
    ngx_array_t *origins; /* of ngx_str_t, as browsers write them; NULL: none */
    ngx_flag_t any;
    ngx_flag_t written; /* here, or above */
    ngx_str_t file;     /* where it stands, for messages */
    ngx_uint_t line;
    ngx_uint_t what;   /* is answered here: NGX_HTTP_SLUICE_CORS_* */
    ngx_flag_t enable; /* there is something to say of it */
    ngx_str_t methods;
    ngx_str_t headers; /* that requests may have */
    ngx_str_t exposed; /* of answers */
} ngx_http_sluice_cors_conf_t;

typedef struct {
    ngx_flag_t used; /* some location has it */
} ngx_http_sluice_cors_main_conf_t;

/* For the module's table; NULL without memory. */
void *ngx_http_sluice_cors_create_conf(ngx_conf_t *cf);

/* Says what must not be, with file and line; once all else of the location was
   merged. */
char *ngx_http_sluice_cors_merge_conf(ngx_conf_t *cf, void *parent,
                                      void *child);

char *ngx_http_sluice_cors_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

#endif
