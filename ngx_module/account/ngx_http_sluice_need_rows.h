/* What the rows of ngx_http_sluice_need.c name, and what they work on. */

#ifndef NGX_HTTP_SLUICE_NEED_ROWS_H
#define NGX_HTTP_SLUICE_NEED_ROWS_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/account/webauthn.h"

#include <jansson.h>

typedef struct ngx_http_sluice_need_s ngx_http_sluice_need_t;

/* The texts lie in the request's memory; data NULL: it was not brought. */
struct ngx_http_sluice_need_s {
    ngx_str_t password;
    ngx_str_t new_password;
    ngx_str_t code;
    ngx_str_t recovery_code;
    const webauthn_t *passkey; /* one that was shown, or a new one; NULL: none
                                */

    json_t *facts; /* args->'nginx' of the next call */
    json_t *told;  /* members of the answer, when it is no refusal */

    /* For who worked in a thread: goes on, on the loop. */
    void (*met)(ngx_http_request_t *r, ngx_http_sluice_need_t *need);
};

/*
 * Does what `wants` asks for, which holds until met() is called, and writes it
 * into facts. NGX_DECLINED: that is done; NGX_DONE: a thread is at it, behind
 * which comes met(); else what was answered.
 */
typedef ngx_int_t (*ngx_http_sluice_need_pt)(ngx_http_request_t *r,
                                             ngx_http_sluice_need_t *need,
                                             json_t *wants);

/* passwords: ngx_http_sluice_password.c */

ngx_int_t ngx_http_sluice_password_verify(ngx_http_request_t *r,
                                          ngx_http_sluice_need_t *need,
                                          json_t *wants);
ngx_int_t ngx_http_sluice_password_hash(ngx_http_request_t *r,
                                        ngx_http_sluice_need_t *need,
                                        json_t *wants);

/* authenticators: ngx_http_sluice_totp.c */

ngx_int_t ngx_http_sluice_totp_verify(ngx_http_request_t *r,
                                      ngx_http_sluice_need_t *need,
                                      json_t *wants);
ngx_int_t ngx_http_sluice_totp_secret(ngx_http_request_t *r,
                                      ngx_http_sluice_need_t *need,
                                      json_t *wants);

/* codes on paper: ngx_http_sluice_recovery.c */

ngx_int_t ngx_http_sluice_recovery_verify(ngx_http_request_t *r,
                                          ngx_http_sluice_need_t *need,
                                          json_t *wants);
ngx_int_t ngx_http_sluice_recovery_make(ngx_http_request_t *r,
                                        ngx_http_sluice_need_t *need,
                                        json_t *wants);

/* passkeys: ngx_http_sluice_passkey.c */

ngx_int_t ngx_http_sluice_passkey_verify(ngx_http_request_t *r,
                                         ngx_http_sluice_need_t *need,
                                         json_t *wants);
ngx_int_t ngx_http_sluice_passkey_offer(ngx_http_request_t *r,
                                        ngx_http_sluice_need_t *need,
                                        json_t *wants);

/* service accounts: ngx_http_sluice_service_key.c */

ngx_int_t ngx_http_sluice_service_key_make(ngx_http_request_t *r,
                                           ngx_http_sluice_need_t *need,
                                           json_t *wants);

#endif
