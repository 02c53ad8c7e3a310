#include "ngx_http_sluice_session.h"

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/gate/ngx_http_sluice_cross_site.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "ngx_module/links/ngx_http_sluice_sign_urls.h"
#include "ngx_module/zone/ngx_http_sluice_signer.h"
#include "core/base/uuid.h"
#include "core/grant/access.h"

#include <jansson.h>
#include <openssl/evp.h>


#define NGX_HTTP_SLUICE_SESSION_CLOCKS 60 /* seconds that clocks may differ */


void
ngx_http_sluice_session_signs(ngx_http_request_t *r, u_char buf[NGX_INT_T_LEN],
                              ngx_str_t *seconds)
{
    time_t longest;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    longest = ngx_max(sscf->access_ttl,
                      ngx_http_sluice_sign_urls_longest(sscf->link_ttl));
    longest = ngx_min(longest,
                      NGX_MAX_INT32_VALUE - NGX_HTTP_SLUICE_SESSION_CLOCKS);

    seconds->data = buf;
    seconds->len = (size_t) (ngx_sprintf(buf, "%T",
                                         longest
                                             + NGX_HTTP_SLUICE_SESSION_CLOCKS)
                             - buf);
}


ngx_int_t
ngx_http_sluice_session_issued(const ngx_sluice_pg_result_t *result,
                               ngx_uint_t column,
                               ngx_http_sluice_login_t *login)
{
    ngx_str_t value;

    if (ngx_sluice_pg_value(result, 0, column, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    login->issued = ngx_atotm(value.data, value.len);

    return login->issued == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_http_sluice_session_answer(ngx_http_request_t *r,
                               ngx_http_sluice_login_t *login,
                               ngx_uint_t status)
{
    char *token;
    json_t *body;
    access_t access;
    ngx_int_t rc;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    ngx_memzero(&access, sizeof(access_t));
    ngx_memcpy(access.sub, login->id.data,
               ngx_min(login->id.len, UUID_TEXT_LEN));
    ngx_memcpy(access.sid, login->sid, UUID_TEXT_LEN);
    access.role = role_from_name((char *) login->role.data, login->role.len);
    access.iat = login->issued;
    access.exp = access.iat + sscf->access_ttl;

    token = access_sign(sscf->keys, ngx_http_sluice_signer(),
                        (char *) sscf->public_url.data,
                        NGX_HTTP_SLUICE_AUDIENCE, &access);
    if (token == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "no private ES256 key to sign access tokens with");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_sluice_session_cookie(r, token, sscf->access_ttl);

    /* clang-format off */
    body = json_pack("{s:s, s:s, s:I, s:s#, s:{s:s, s:s, s:s?, s:s}}",
        "access_token", token,
        "token_type", "Bearer",
        "expires_in", (json_int_t) sscf->access_ttl,
        "refresh_token", login->refresh, (int) NGX_HTTP_SLUICE_REFRESH_LEN,
        "user",
            "id", login->id.data,
            "email", login->email.data,
            "name", login->name.len ? login->name.data : NULL,
            "role", login->role.data);
    /* clang-format on */
    free(token);

    if (rc != NGX_OK) {
        json_decref(body);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_json_value(r, status, body);
}


static ngx_int_t
ngx_http_sluice_session_cookie_set(ngx_http_request_t *r, const char *prefix,
                                   const char *token, time_t ttl,
                                   ngx_uint_t secure)
{
    ngx_str_t value;

    static const char attributes[] = "; Path=/; HttpOnly; SameSite=Strict";

    value.len = ngx_strlen(prefix) + sizeof("sluice_session=; Max-Age=; Secure")
                + ngx_strlen(token) + NGX_TIME_T_LEN + sizeof(attributes);

    value.data = ngx_pnalloc(r->pool, value.len);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = (size_t) (ngx_sprintf(value.data,
                                      "%ssluice_session=%s; Max-Age=%T%s%s",
                                      prefix, token, ttl, attributes,
                                      secure ? "; Secure" : "")
                          - value.data);

    return ngx_http_sluice_header(r, "Set-Cookie", &value);
}


ngx_int_t
ngx_http_sluice_session_cookie(ngx_http_request_t *r, const char *token,
                               time_t ttl)
{
    ngx_uint_t secure;
    ngx_http_sluice_srv_conf_t *sscf;

    if (ngx_http_sluice_page(r, NULL) != NGX_HTTP_SLUICE_PAGE_OWN) {
        return NGX_OK;
    }

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);
    secure = ngx_strncasecmp(sscf->public_url.data, (u_char *) "https:", 6)
             == 0;

    if (secure && ttl == 0
        && ngx_http_sluice_session_cookie_set(r, "", token, ttl, secure)
               != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_sluice_session_cookie_set(r, secure ? "__Host-" : "", token,
                                              ttl, secure);
}


ngx_int_t
ngx_http_sluice_session_digest(ngx_http_request_t *r, const char *refresh,
                               size_t len, ngx_str_t *hex)
{
    u_char digest[EVP_MAX_MD_SIZE];
    unsigned int size;

    if (EVP_Digest(refresh, len, digest, &size, EVP_sha256(), NULL) != 1) {
        return NGX_ERROR;
    }

    hex->len = 2 * size;
    hex->data = ngx_pnalloc(r->pool, hex->len);
    if (hex->data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_hex_dump(hex->data, digest, size);

    return NGX_OK;
}


ngx_int_t
ngx_http_sluice_session_user(ngx_http_request_t *r,
                             const ngx_sluice_pg_result_t *result,
                             ngx_http_sluice_login_t *login)
{
    return ngx_http_sluice_query_text(r, result, 0, 0, &login->id) == NGX_OK
                   && ngx_http_sluice_query_text(r, result, 0, 1, &login->email)
                          == NGX_OK
                   && ngx_http_sluice_query_text(r, result, 0, 2, &login->name)
                          != NGX_ERROR
                   && ngx_http_sluice_query_text(r, result, 0, 3, &login->role)
                          == NGX_OK
               ? NGX_OK
               : NGX_ERROR;
}
