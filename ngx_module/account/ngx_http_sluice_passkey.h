/* Passkeys in bodies: core/account/webauthn.h. */

#ifndef NGX_HTTP_SLUICE_PASSKEY_H
#define NGX_HTTP_SLUICE_PASSKEY_H

#include "ngx_http_sluice_need_rows.h"

/* Takes `passkey` out of `args`: looks at all of it that needs no record, and
   writes what the record needs to know into need->facts, as
   ngx_http_sluice_need.h has it. `take`: what for. NGX_DECLINED, also when
   there is none; else what was answered. */
ngx_int_t ngx_http_sluice_passkey_take(ngx_http_request_t *r,
                                       ngx_http_sluice_need_t *need,
                                       json_t *args, ngx_uint_t take);

#endif
