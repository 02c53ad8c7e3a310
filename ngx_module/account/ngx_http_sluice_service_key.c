/* Keys of service accounts, as the function that records one needs them made.
   No thread: it is one signature. */

#include "ngx_http_sluice_need_rows.h"

#include "ngx_module/zone/ngx_http_sluice_signer.h"
#include "core/grant/service.h"

#include <openssl/crypto.h>


ngx_int_t
ngx_http_sluice_service_key_make(ngx_http_request_t *r,
                                 ngx_http_sluice_need_t *need, json_t *wants)
{
    int rc;
    char text[SERVICE_KEY_SIZE];
    json_t *made;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    made = service_make(sscf->keys, ngx_http_sluice_signer(),
                        json_object_get(wants, "key"), text);
    if (made == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "a service account's key was not made");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = json_object_set_new(need->facts, "key", made)
         | json_object_set_new(need->told, "key", json_string(text));

    OPENSSL_cleanse(text, sizeof(text));

    return rc == 0 ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}
