/* The final upload of tus's concatenation. */

#ifndef NGX_HTTP_SLUICE_TUS_CONCAT_H
#define NGX_HTTP_SLUICE_TUS_CONCAT_H

#include "ngx_http_sluice_tus_internal.h"

/* Puts the parts together that a creation names, and answers. The request's
   count must have been taken. */
void ngx_http_sluice_tus_concat(ngx_http_sluice_tus_t *tus);

#endif
