/* The signature of a JSON Web Token. One that some process of this machine has
   seen to be good is found in the zone: RFC 7515, 5.2 is done once. */

#ifndef NGX_HTTP_SLUICE_SIGNATURE_H
#define NGX_HTTP_SLUICE_SIGNATURE_H

#include "ngx_module/http/ngx_http_sluice.h"
#include "core/base/status.h"
#include "core/jose/jwt.h"

#include <jansson.h>

/* Opens a token and checks it with a key of the set. JWT_OK and its claims, and
   its header unless `header` is NULL, both to json_decref(); or why not, and
   NULL in both. */
jwt_result_t ngx_http_sluice_signature(const jwk_set_t *keys,
                                       const jwt_profile_t *profile,
                                       const ngx_str_t *text, json_t **header,
                                       json_t **claims);

/* Logs why a credential is refused, and returns `status`, or SLUICE_INTERNAL
   when it was not the credential's fault. */
sluice_status_t ngx_http_sluice_signature_refuse(ngx_http_request_t *r,
                                                 jwt_result_t result,
                                                 const char *what,
                                                 sluice_status_t status);

#endif
