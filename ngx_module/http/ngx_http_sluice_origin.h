/* Origins, as directives name them. */

#ifndef NGX_HTTP_SLUICE_ORIGIN_H
#define NGX_HTTP_SLUICE_ORIGIN_H

#include "ngx_http_sluice.h"

/* 1 when it is scheme and host alone: "https://media.example.org". */
ngx_uint_t ngx_http_sluice_is_origin(ngx_str_t *url);

#endif
