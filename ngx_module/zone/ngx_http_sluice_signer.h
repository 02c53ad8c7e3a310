/* Which key signs. */

#ifndef NGX_HTTP_SLUICE_SIGNER_H
#define NGX_HTTP_SLUICE_SIGNER_H

#include "ngx_module/http/ngx_http_sluice.h"

/* Which of the keys to sign with, for jwk_set_signer(): while processes that
   this one replaces take requests, the second, which they know. */
unsigned ngx_http_sluice_signer(void);

/* For init_process. */
ngx_int_t ngx_http_sluice_signer_start(ngx_cycle_t *cycle);

#endif
