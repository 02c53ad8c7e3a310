#include "ngx_http_sluice_session.h"

#include "ngx_module/gate/ngx_http_sluice_cross_site.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_request.h"
#include "ngx_module/links/ngx_http_sluice_reply.h"
#include "ngx_module/links/ngx_http_sluice_sign_urls.h"
#include "ngx_module/zone/ngx_http_sluice_signer.h"
#include "core/account/device.h"
#include "core/account/refresh.h"
#include "core/base/uuid.h"
#include "core/grant/access.h"


#define NGX_HTTP_SLUICE_SESSION_CLOCKS 60 /* seconds that clocks may differ */

/* Of one name: a browser sends those of other paths and domains, too. */
#define NGX_HTTP_SLUICE_SESSION_COOKIES 4

/* Seconds that a browser keeps a cookie at most: RFC 6265bis, 5.5 */
#define NGX_HTTP_SLUICE_SESSION_DEVICE (400 * 86400)

/* Where a browser sends the refresh token, and nowhere else. */
#define NGX_HTTP_SLUICE_SESSION_REFRESH "/api/sessions/refresh"


/* A cookie to set; a life of 0 takes it away, of -1 ends with the browser. */
typedef struct {
    const char *prefix; /* RFC 6265bis, 4.1.3 */
    const char *name;
    const char *value;
    const char *path;
    time_t life; /* seconds */
    ngx_uint_t secure;
} ngx_http_sluice_session_cookie_t;


/* What the record says of a session. The texts are the body's. */
typedef struct {
    const char *id;
    json_int_t refreshes;
    int remembered;
    json_int_t left; /* seconds */
    json_int_t issued;
    json_int_t authenticated;
    json_t *amr;   /* words */
    int enrolling; /* good for nothing but to set up a second factor */
    int again;     /* its refresh token is where it was */
    json_t *user;
} ngx_http_sluice_session_t;


time_t
ngx_http_sluice_session_signs(ngx_http_request_t *r)
{
    time_t longest;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    longest = ngx_max(sscf->access_ttl,
                      ngx_http_sluice_sign_urls_longest(sscf->link_ttl));

    return ngx_min(longest,
                   NGX_MAX_INT32_VALUE - NGX_HTTP_SLUICE_SESSION_CLOCKS)
           + NGX_HTTP_SLUICE_SESSION_CLOCKS;
}


/* RFC 6265, 4.1 */

static ngx_int_t
ngx_http_sluice_session_cookie(ngx_http_request_t *r,
                               const ngx_http_sluice_session_cookie_t *cookie)
{
    u_char *p;
    ngx_str_t value;

    value.len = ngx_strlen(cookie->prefix) + ngx_strlen(cookie->name)
                + ngx_strlen(cookie->value) + ngx_strlen(cookie->path)
                + sizeof("=; Path=; Max-Age=; HttpOnly; SameSite=Lax; Secure")
                + NGX_TIME_T_LEN;

    value.data = ngx_pnalloc(r->pool, value.len);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(value.data, "%s%s=%s", cookie->prefix, cookie->name,
                    cookie->value);

    if (cookie->life >= 0) {
        p = ngx_sprintf(p, "; Max-Age=%T", cookie->life);
    }

    p = ngx_sprintf(p, "; Path=%s; HttpOnly; SameSite=Lax%s", cookie->path,
                    cookie->secure ? "; Secure" : "");

    value.len = (size_t) (p - value.data);

    return ngx_http_sluice_header(r, "Set-Cookie", &value);
}


static ngx_uint_t
ngx_http_sluice_session_secure(ngx_http_request_t *r)
{
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    return ngx_strncasecmp(sscf->public_url.data, (u_char *) "https:", 6) == 0;
}


static ngx_int_t
ngx_http_sluice_session_cookie_access(ngx_http_request_t *r, const char *token,
                                      time_t life)
{
    ngx_http_sluice_session_cookie_t cookie = { "",    "sluice_session",
                                                token, "/",
                                                life,  0 };

    cookie.secure = ngx_http_sluice_session_secure(r);

    /* one that is there from before goes with ours */

    if (cookie.secure && life == 0
        && ngx_http_sluice_session_cookie(r, &cookie) != NGX_OK) {
        return NGX_ERROR;
    }

    cookie.prefix = cookie.secure ? "__Host-" : "";

    return ngx_http_sluice_session_cookie(r, &cookie);
}


static ngx_int_t
ngx_http_sluice_session_cookie_refresh(ngx_http_request_t *r, const char *token,
                                       time_t life)
{
    ngx_http_sluice_session_cookie_t cookie = {
        "", "sluice_refresh", token, NGX_HTTP_SLUICE_SESSION_REFRESH, life, 0
    };

    cookie.secure = ngx_http_sluice_session_secure(r);
    cookie.prefix = cookie.secure ? "__Secure-" : "";

    return ngx_http_sluice_session_cookie(r, &cookie);
}


/* Ids of sessions are UUIDv7, so what began later comes behind. */

static ngx_uint_t
ngx_http_sluice_session_newer(const refresh_t *one, const refresh_t *other)
{
    ngx_int_t order;

    order = ngx_strcmp(one->session, other->session);

    return order > 0 || (order == 0 && one->count >= other->count);
}


ngx_uint_t
ngx_http_sluice_session_refresh(ngx_http_request_t *r, ngx_str_t *token)
{
    ngx_str_t value;
    refresh_t refresh, best;
    ngx_uint_t nth;
    const ngx_str_t *name;
    ngx_http_sluice_srv_conf_t *sscf;

    static const ngx_str_t secure = ngx_string("__Secure-sluice_refresh");
    static const ngx_str_t plain = ngx_string("sluice_refresh");

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);
    name = ngx_http_sluice_session_secure(r) ? &secure : &plain;
    ngx_memzero(&best, sizeof(refresh_t));

    for (nth = 0; nth < NGX_HTTP_SLUICE_SESSION_COOKIES
                  && ngx_http_sluice_request_cookie(r, name, nth, &value) > nth;
         nth++) {
        if (nth == 0) {
            *token = value;
        }

        if (refresh_read(sscf->keys, (char *) value.data, value.len, &refresh)
                == 0
            && ngx_http_sluice_session_newer(&refresh, &best)) {
            best = refresh;
            *token = value;
        }
    }

    return nth > 0;
}


static const ngx_str_t *
ngx_http_sluice_session_device_name(ngx_http_request_t *r)
{
    static const ngx_str_t secure = ngx_string("__Host-sluice_device");
    static const ngx_str_t plain = ngx_string("sluice_device");

    return ngx_http_sluice_session_secure(r) ? &secure : &plain;
}


ngx_uint_t
ngx_http_sluice_session_device(ngx_http_request_t *r,
                               const unsigned char *account,
                               unsigned char *device)
{
    ngx_str_t value;
    ngx_uint_t nth;
    const ngx_str_t *name;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);
    name = ngx_http_sluice_session_device_name(r);

    for (nth = 0; nth < NGX_HTTP_SLUICE_SESSION_COOKIES
                  && ngx_http_sluice_request_cookie(r, name, nth, &value) > nth;
         nth++) {
        if (device_read(sscf->keys, (char *) value.data, value.len, account,
                        device)
            == 0) {
            return 1;
        }
    }

    return 0;
}


void
ngx_http_sluice_session_know(ngx_http_request_t *r,
                             const unsigned char *account)
{
    char text[DEVICE_SIZE];
    unsigned char device[DEVICE_BYTES];
    ngx_http_sluice_srv_conf_t *sscf;
    ngx_http_sluice_session_cookie_t cookie = {
        "", "sluice_device", text, "/", NGX_HTTP_SLUICE_SESSION_DEVICE, 0
    };

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    if (ngx_http_sluice_page(r, NULL) != NGX_HTTP_SLUICE_PAGE_OWN
        || ngx_http_sluice_session_device(r, account, device)
        || device_write(sscf->keys, ngx_http_sluice_signer(), account, text)
               != 0) {
        return;
    }

    cookie.secure = ngx_http_sluice_session_secure(r);
    cookie.prefix = cookie.secure ? "__Host-" : "";

    (void) ngx_http_sluice_session_cookie(r, &cookie);
}


ngx_int_t
ngx_http_sluice_session_forget(ngx_http_request_t *r)
{
    if (ngx_http_sluice_page(r, NULL) != NGX_HTTP_SLUICE_PAGE_OWN) {
        return NGX_OK;
    }

    return ngx_http_sluice_session_cookie_access(r, "", 0) == NGX_OK
                   && ngx_http_sluice_session_cookie_refresh(r, "", 0) == NGX_OK
               ? NGX_OK
               : NGX_ERROR;
}


/* NGX_ERROR without memory, or when the record says something else. */

static ngx_int_t
ngx_http_sluice_session_read(json_t *body, ngx_http_sluice_session_t *session)
{
    session->again = 0;

    return json_unpack(body,
                       "{s:{s:s, s:I, s:b, s:I, s:I, s:I, s:o, s:b, s?:b, "
                       "s:o}}",
                       "session", "id", &session->id, "refreshes",
                       &session->refreshes, "remembered", &session->remembered,
                       "left", &session->left, "issued", &session->issued,
                       "authenticated", &session->authenticated, "amr",
                       &session->amr, "enrolling", &session->enrolling, "again",
                       &session->again, "user", &session->user)
                   == 0
               ? NGX_OK
               : NGX_ERROR;
}


static unsigned
ngx_http_sluice_session_amr(json_t *words)
{
    size_t i;
    json_t *word;
    unsigned amr = 0;

    json_array_foreach(words, i, word)
    {
        amr |= json_is_string(word) ? access_amr(json_string_value(word)) : 0;
    }

    return amr;
}


/* The access token, to free(); NULL: a line in the log says why. */

static char *
ngx_http_sluice_session_access(ngx_http_request_t *r,
                               const ngx_http_sluice_session_t *session)
{
    char *token;
    access_t access;
    const char *id, *role;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    if (json_unpack(session->user, "{s:s, s:s}", "id", &id, "role", &role) != 0
        || ngx_strlen(id) != UUID_TEXT_LEN
        || ngx_strlen(session->id) != UUID_TEXT_LEN) {
        return NULL;
    }

    ngx_memzero(&access, sizeof(access_t));
    ngx_memcpy(access.sub, id, UUID_TEXT_LEN);
    ngx_memcpy(access.sid, session->id, UUID_TEXT_LEN);
    access.role = session->enrolling ? ROLE_ENROLLING
                                     : role_from_name(role, ngx_strlen(role));
    access.auth_time = session->authenticated;
    access.amr = ngx_http_sluice_session_amr(session->amr);
    access.iat = session->issued;
    access.exp = access.iat + sscf->access_ttl;

    token = access_sign(sscf->keys, ngx_http_sluice_signer(),
                        (char *) sscf->public_url.data,
                        NGX_HTTP_SLUICE_AUDIENCE, &access);
    if (token == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "no private ES256 key to sign access tokens with");
    }

    return token;
}


static ngx_int_t
ngx_http_sluice_session_token(ngx_http_request_t *r,
                              const ngx_http_sluice_session_t *session,
                              char token[REFRESH_SIZE])
{
    refresh_t refresh;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    refresh.count = (uint32_t) session->refreshes;
    ngx_memcpy(refresh.session, session->id, UUID_TEXT_SIZE);

    return refresh_write(sscf->keys, ngx_http_sluice_signer(), &refresh, token)
                   == 0
               ? NGX_OK
               : NGX_ERROR;
}


/* A page's cookies. Those of a program, which has no page, do no harm. */

static ngx_int_t
ngx_http_sluice_session_cookies(ngx_http_request_t *r,
                                const ngx_http_sluice_session_t *session,
                                const char *access, const char *refresh)
{
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    if (ngx_http_sluice_page(r, NULL) != NGX_HTTP_SLUICE_PAGE_OWN) {
        return NGX_OK;
    }

    if (ngx_http_sluice_session_cookie_access(
            r, access, session->remembered ? sscf->access_ttl : -1)
        != NGX_OK) {
        return NGX_ERROR;
    }

    return refresh ? ngx_http_sluice_session_cookie_refresh(
               r, refresh, session->remembered ? (time_t) session->left : -1)
                   : NGX_OK;
}


/* What a client gets; `refresh` NULL: it has it already. */

static json_t *
ngx_http_sluice_session_body(ngx_http_request_t *r,
                             const ngx_http_sluice_session_t *session,
                             const char *access, const char *refresh,
                             ngx_uint_t cookies)
{
    json_t *body;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    /* clang-format off */
    body = json_pack("{s:s*, s:s*, s:I, s:s*, s:O}",
        "access_token", cookies ? NULL : access,
        "token_type", cookies ? NULL : "Bearer",
        "expires_in", (json_int_t) sscf->access_ttl,
        "refresh_token", cookies ? NULL : refresh,
        "user", session->user);
    /* clang-format on */

    if (session->enrolling) {
        (void) json_object_set_new(body, "second_factor_required", json_true());
    }

    return body;
}


static ngx_int_t
ngx_http_sluice_session_answer(ngx_http_request_t *r, ngx_uint_t status,
                               const ngx_http_sluice_session_t *session,
                               ngx_uint_t cookies, json_t *told)
{
    char *access, token[REFRESH_SIZE], *refresh;
    json_t *body;
    ngx_int_t rc;

    access = ngx_http_sluice_session_access(r, session);

    if (access == NULL
        || ngx_http_sluice_session_token(r, session, token) != NGX_OK) {
        free(access);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    refresh = session->again ? NULL : token;

    /* others' pages get no cookies: what they ask for comes in the body */
    cookies = cookies
              && ngx_http_sluice_page(r, NULL) == NGX_HTTP_SLUICE_PAGE_OWN;

    rc = ngx_http_sluice_session_cookies(r, session, access,
                                         cookies ? refresh : NULL);
    body = ngx_http_sluice_session_body(r, session, access, refresh, cookies);

    free(access);

    if (rc != NGX_OK || (told && json_object_update(body, told) != 0)) {
        json_decref(body);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_json_value(r, status, body);
}


ngx_int_t
ngx_http_sluice_session_reply(ngx_http_request_t *r,
                              const ngx_sluice_pg_result_t *result,
                              ngx_uint_t cookies, json_t *told)
{
    json_t *body;
    ngx_int_t rc;
    ngx_uint_t status;
    ngx_http_sluice_session_t session;

    rc = ngx_http_sluice_reply_read(r, result, &status, &body);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (json_object_get(body, "session") == NULL) {
        (void) json_object_update(body, told);
        return ngx_http_sluice_reply_send(r, status, body, 0);
    }

    rc = ngx_http_sluice_session_read(body, &session) == NGX_OK
             ? ngx_http_sluice_session_answer(r, status, &session, cookies,
                                              told)
             : NGX_HTTP_INTERNAL_SERVER_ERROR;
    json_decref(body);

    return rc;
}
