/* Can a user be known here, and end his sessions? Asked of a configuration, by
   which of its locations answers where. */

#ifndef NGX_HTTP_SLUICE_REACH_H
#define NGX_HTTP_SLUICE_REACH_H

#include "ngx_module/http/ngx_http_sluice.h"

typedef struct {
    void *server;       /* whose location it is */
    ngx_str_t name;     /* of the location */
    ngx_str_t file;     /* where its "sluice_api" stands */
    ngx_uint_t line;    /* 0: it has none */
    unsigned exact : 1; /* "=" */
    unsigned regex : 1; /* "~": nobody knows what it takes */
    unsigned users : 1; /* "sluice_gate user" */
} ngx_http_sluice_place_t;

/* NGX_ERROR after logging what cannot work in the API of one of these servers,
   and what to write instead. */
ngx_int_t ngx_http_sluice_reach_check(ngx_conf_t *cf,
                                      const ngx_array_t *places);

#endif
