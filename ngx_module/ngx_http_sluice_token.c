#include "ngx_http_sluice.h"


#define NGX_HTTP_SLUICE_TOKENS 4096 /* remembered per process and server */


static sluice_status_t
ngx_http_sluice_token_verify(ngx_http_sluice_srv_conf_t *sscf,
                             ngx_http_request_t *r, jwt_kind_t kind,
                             ngx_str_t *token, token_t *verified);


sluice_status_t
ngx_http_sluice_token(ngx_http_request_t *r, jwt_kind_t kind, ngx_str_t *token,
                      const token_t **claims)
{
    token_t verified;
    const char *text;
    sluice_status_t status;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);
    text = (const char *) token->data;

    if (*sscf->tokens == NULL) {
        *sscf->tokens = token_table_create(NGX_HTTP_SLUICE_TOKENS);
        if (*sscf->tokens == NULL) {
            return SLUICE_INTERNAL;
        }
    }

    *claims = token_table_find(*sscf->tokens, kind, text, token->len);
    if (*claims) {
        return SLUICE_OK;
    }

    status = ngx_http_sluice_token_verify(sscf, r, kind, token, &verified);
    if (status != SLUICE_OK) {
        return status;
    }

    *claims = token_table_put(*sscf->tokens, text, token->len, &verified);

    return *claims ? SLUICE_OK : SLUICE_INTERNAL;
}


static sluice_status_t
ngx_http_sluice_token_verify(ngx_http_sluice_srv_conf_t *sscf,
                             ngx_http_request_t *r, jwt_kind_t kind,
                             ngx_str_t *token, token_t *verified)
{
    json_t *claims;
    jwt_result_t result;
    sluice_status_t status;

    result = jwt_verify(sscf->keys,
                        kind == JWT_GRANT ? &jwt_grant : &jwt_access,
                        (const char *) token->data, token->len, &claims);

    if (result == JWT_INTERNAL) {
        return SLUICE_INTERNAL;
    }

    if (result != JWT_OK) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "%s refused: %s",
                      kind == JWT_GRANT ? "grant" : "access token",
                      jwt_result_word(result));

        return kind == JWT_GRANT ? SLUICE_GRANT_INVALID : SLUICE_TOKEN_INVALID;
    }

    verified->kind = kind;

    status = (kind == JWT_GRANT)
                 ? grant_parse(claims, &verified->u.grant)
                 : access_parse(claims, (const char *) sscf->public_url.data,
                                NGX_HTTP_SLUICE_AUDIENCE, &verified->u.access);

    json_decref(claims);

    return status;
}
