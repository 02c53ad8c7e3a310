/* What "sluice_upload" says of a location. */

#ifndef NGX_HTTP_SLUICE_UPLOAD_CONF_H
#define NGX_HTTP_SLUICE_UPLOAD_CONF_H

#include "ngx_module/http/ngx_http_sluice.h"

extern ngx_module_t ngx_http_sluice_upload_module;

typedef struct {
    ngx_str_t spool; /* empty: no sluice_upload here */
    off_t max_size;  /* 0: no bound */
    off_t keep_free;
    ngx_str_t file; /* where it stands, for messages */
    ngx_uint_t line;
} ngx_http_sluice_upload_loc_conf_t;

#endif
