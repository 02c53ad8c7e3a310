/* What "sluice_upload" says of a location. */

#ifndef NGX_HTTP_SLUICE_UPLOAD_CONF_H
#define NGX_HTTP_SLUICE_UPLOAD_CONF_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/spool/ngx_sluice_spool.h"

extern ngx_module_t ngx_http_sluice_upload_module;

typedef struct {
    ngx_str_t spool; /* empty: no sluice_upload here */
    ngx_sluice_spool_place_t *place;
    off_t max_size;       /* 0: no bound */
    ngx_uint_t ack_store; /* what is told of an upload is in the bucket */
    ngx_str_t file;       /* where it stands, for messages */
    ngx_uint_t line;
} ngx_http_sluice_upload_loc_conf_t;

#endif
