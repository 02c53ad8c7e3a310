/* Service accounts' keys. */

#include "ngx_http_sluice_verifier_rows.h"

#include "core/grant/service.h"


sluice_status_t
ngx_http_sluice_key_verify(ngx_http_request_t *r,
                           const ngx_http_sluice_credential_t *credential,
                           token_t *token)
{
    const char *text = (char *) credential->text.data;
    sluice_status_t status;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    status = service_parse(sscf->keys, text, credential->text.len,
                           &token->u.access);

    if (status != SLUICE_OK) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "key refused: %s",
                      service_key_whole(text, credential->text.len)
                          ? "none of \"sluice_keys\" has signed it"
                          : "it is not whole");
    }

    return status;
}
