/* Access tokens that this server's keys sign. */

#include "ngx_http_sluice_issuer.h"
#include "ngx_http_sluice_signature.h"
#include "ngx_http_sluice_verifier_rows.h"

#include "core/grant/access.h"

#include <jansson.h>


sluice_status_t
ngx_http_sluice_access_verify(ngx_http_request_t *r,
                              const ngx_http_sluice_credential_t *credential,
                              token_t *token)
{
    json_t *claims;
    jwt_result_t result;
    sluice_status_t status;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    result = ngx_http_sluice_signature(sscf->keys, &jwt_access,
                                       &credential->text, NULL, &claims);

    if ((result == JWT_UNKNOWN_KEY || result == JWT_WRONG_TYPE)
        && ngx_http_sluice_issuer_configured(r)) {
        /* another's, perhaps */
        return SLUICE_UNAUTHENTICATED;
    }

    if (result != JWT_OK) {
        return ngx_http_sluice_signature_refuse(r, result, "access token",
                                                SLUICE_TOKEN_INVALID);
    }

    status = access_parse(claims, (const char *) sscf->public_url.data,
                          NGX_HTTP_SLUICE_AUDIENCE, &token->u.access);
    json_decref(claims);

    return status;
}
