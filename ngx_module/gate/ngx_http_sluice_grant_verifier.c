/* Links that this server's keys sign. */

#include "ngx_http_sluice_signature.h"
#include "ngx_http_sluice_verifier_rows.h"

#include "core/grant/grant.h"

#include <jansson.h>


sluice_status_t
ngx_http_sluice_grant_verify(ngx_http_request_t *r,
                             const ngx_http_sluice_credential_t *credential,
                             token_t *token)
{
    json_t *claims;
    sluice_status_t status;
    jwt_result_t result;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    result = ngx_http_sluice_signature(sscf->keys, &jwt_grant,
                                       &credential->text, NULL, &claims);

    if (result != JWT_OK) {
        return ngx_http_sluice_signature_refuse(r, result, "grant",
                                                SLUICE_GRANT_INVALID);
    }

    status = grant_parse(claims, &token->u.grant);
    json_decref(claims);

    return status;
}
