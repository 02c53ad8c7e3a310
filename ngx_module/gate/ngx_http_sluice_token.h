/* Checking tokens. */

#ifndef NGX_HTTP_SLUICE_TOKEN_H
#define NGX_HTTP_SLUICE_TOKEN_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"
#include "core/jose/jwt.h"
#include "core/table/token_table.h"

#include <jansson.h>

/* Finds or verifies a token. SLUICE_OK and its claims, which hold until the
   next call; expiry, path and role are the caller's to decide. */
sluice_status_t ngx_http_sluice_token(ngx_http_request_t *r, jwt_kind_t kind,
                                      ngx_str_t *token, token_t **claims);

/* Whether it was taken back: SLUICE_OK, `revoked`, or
   SLUICE_REVOCATIONS_UNKNOWN. A token is looked up once a change of what is
   revoked; in between this costs a read of the zone's counter. */
sluice_status_t ngx_http_sluice_token_current(token_t *token,
                                              sluice_status_t revoked);

/* The signature of an opened token, and its claims, to json_decref(). A
   signature that some process of this machine has seen to be good is found in
   the zone. */
jwt_result_t ngx_http_sluice_token_verify(jwt_t *jwt, ngx_str_t *token,
                                          json_t **claims);

#endif
