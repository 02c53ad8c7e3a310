/*
 * Sign-in, in steps: body, user's row, password in a thread, session's row,
 * tokens. The refresh token is 32 random bytes; the record keeps its SHA-256.
 */

#include "ngx_http_sluice.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include "base64url.h"


#define NGX_HTTP_SLUICE_REFRESH_SIZE 32
#define NGX_HTTP_SLUICE_REFRESH_LEN \
    base64url_encoded_size(NGX_HTTP_SLUICE_REFRESH_SIZE)
#define NGX_HTTP_SLUICE_EMAIL_MAX 254 /* RFC 5321, 4.5.3.1.3 */
#define NGX_HTTP_SLUICE_CLOCKS 60     /* seconds that clocks may differ */


typedef struct {
    ngx_str_t password;
    ngx_str_t hash;   /* terminated; empty: no such user */
    ngx_uint_t right; /* what the thread found */

    ngx_str_t id, email, name, role; /* the user */

    char sid[UUID_TEXT_SIZE];
    char refresh[NGX_HTTP_SLUICE_REFRESH_LEN];
    int64_t issued; /* by the record's clock: see api.issued_at() */
} ngx_http_sluice_login_t;


static ngx_int_t ngx_http_sluice_sign_in(ngx_http_request_t *r);
static void ngx_http_sluice_sign_in_forget(ngx_http_request_t *r, json_t *body);
static ngx_int_t ngx_http_sluice_sign_in_field(ngx_http_request_t *r,
                                               json_t *body, const char *name,
                                               size_t max, ngx_str_t *value);
static void ngx_http_sluice_sign_in_found(ngx_http_request_t *r, void *data,
                                          const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_sign_in_check(void *data, ngx_log_t *log);
static void ngx_http_sluice_sign_in_checked(ngx_http_request_t *r, void *data);
static ngx_int_t ngx_http_sluice_session_create(ngx_http_request_t *r,
                                                ngx_http_sluice_login_t *login);
static void
ngx_http_sluice_session_created(ngx_http_request_t *r, void *data,
                                const ngx_sluice_pg_result_t *result);

static ngx_int_t ngx_http_sluice_refresh(ngx_http_request_t *r);
static void ngx_http_sluice_refreshed(ngx_http_request_t *r, void *data,
                                      const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_signed_out(ngx_http_request_t *r, void *data,
                                       const ngx_sluice_pg_result_t *result);

static void ngx_http_sluice_session_signs(ngx_http_request_t *r,
                                          u_char buf[NGX_INT_T_LEN],
                                          ngx_str_t *seconds);
static ngx_int_t
ngx_http_sluice_session_issued(const ngx_sluice_pg_result_t *result,
                               ngx_uint_t column,
                               ngx_http_sluice_login_t *login);
static ngx_int_t ngx_http_sluice_session_answer(ngx_http_request_t *r,
                                                ngx_http_sluice_login_t *login,
                                                ngx_uint_t status);
static ngx_int_t ngx_http_sluice_session_cookie(ngx_http_request_t *r,
                                                const char *token, time_t ttl);
static ngx_int_t ngx_http_sluice_session_digest(ngx_http_request_t *r,
                                                const char *refresh, size_t len,
                                                ngx_str_t *hex);
static ngx_int_t
ngx_http_sluice_session_row(ngx_http_request_t *r,
                            const ngx_sluice_pg_result_t *result,
                            ngx_uint_t column, ngx_str_t *value);


static ngx_sluice_pg_statement_t ngx_http_sluice_find_login = {
    "find_login",
    "select id, email, name, role, password from api.find_login($1)", 1, 0
};

static ngx_sluice_pg_statement_t ngx_http_sluice_create_session = {
    "create_session",
    "select role, issued from api.create_session($1::uuid, $2::uuid, "
    "decode($3, 'hex'), $4, $5::inet, $6::bigint, $7::integer)",
    7, 0
};

static ngx_sluice_pg_statement_t ngx_http_sluice_refresh_session = {
    "refresh_session",
    "select id, email, name, role, session, issued "
    "from api.refresh_session(decode($1, 'hex'), $2::integer)",
    2, 0
};

static ngx_sluice_pg_statement_t ngx_http_sluice_end_session = {
    "end_session",
    "select status, body from api.end_session($1::uuid, $2, $3::integer)", 3, 0
};


/* POST /api/sessions {"email": …, "password": …} */

ngx_int_t
ngx_http_sluice_sign_in_handler(ngx_http_request_t *r)
{
    return ngx_http_sluice_with_body(r, ngx_http_sluice_sign_in);
}


static ngx_int_t
ngx_http_sluice_sign_in(ngx_http_request_t *r)
{
    json_t *body;
    ngx_int_t rc;
    ngx_str_t email;
    ngx_http_sluice_login_t *login;

    login = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_login_t));
    if (login == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_sluice_read_json(r, &body);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_sluice_sign_in_field(r, body, "email",
                                       NGX_HTTP_SLUICE_EMAIL_MAX, &email);
    if (rc == NGX_DECLINED) {
        rc = ngx_http_sluice_sign_in_field(r, body, "password",
                                           PASSWORD_MAX_SIZE, &login->password);
    }

    ngx_http_sluice_sign_in_forget(r, body);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    return ngx_http_sluice_query(r, &ngx_http_sluice_find_login, &email,
                                 ngx_http_sluice_sign_in_found, login);
}


/* The password is in one place only from here on: where the thread wipes it. */

static void
ngx_http_sluice_sign_in_forget(ngx_http_request_t *r, json_t *body)
{
    json_t *password;
    ngx_http_sluice_ctx_t *ctx;

    ctx = ngx_http_sluice_find_ctx(r);
    password = json_object_get(body, "password");

    if (ctx->body.len) {
        OPENSSL_cleanse(ctx->body.data, ctx->body.len);
    }

    if (json_is_string(password)) {
        OPENSSL_cleanse((char *) json_string_value(password),
                        json_string_length(password));
    }

    json_decref(body);
}


/* NGX_DECLINED and the text, or the answer that it is missing */

static ngx_int_t
ngx_http_sluice_sign_in_field(ngx_http_request_t *r, json_t *body,
                              const char *name, size_t max, ngx_str_t *value)
{
    json_t *text;

    text = json_object_get(body, name);

    if (!json_is_string(text) || json_string_length(text) == 0) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "This must be a text.", name);
    }

    if (json_string_length(text) > max) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "This is too long.", name);
    }

    value->len = json_string_length(text);
    value->data = ngx_pnalloc(r->pool, value->len);
    if (value->data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(value->data, json_string_value(text), value->len);

    return NGX_DECLINED;
}


static void
ngx_http_sluice_sign_in_found(ngx_http_request_t *r, void *data,
                              const ngx_sluice_pg_result_t *result)
{
    ngx_int_t rc;
    ngx_http_sluice_login_t *login = data;

    if (result->status != SLUICE_OK) {
        ngx_http_sluice_finish(
            r, ngx_http_sluice_problem(r, result->status, NULL, NULL));
        return;
    }

    if (result->rows
        && (ngx_http_sluice_session_row(r, result, 0, &login->id) != NGX_OK
            || ngx_http_sluice_session_row(r, result, 1, &login->email)
                   != NGX_OK
            || ngx_http_sluice_session_row(r, result, 2, &login->name) != NGX_OK
            || ngx_http_sluice_session_row(r, result, 3, &login->role) != NGX_OK
            || ngx_http_sluice_session_row(r, result, 4, &login->hash)
                   != NGX_OK)) {
        ngx_http_sluice_finish(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    rc = ngx_http_sluice_thread_post(r, ngx_http_sluice_sign_in_check,
                                     ngx_http_sluice_sign_in_checked, login);

    ngx_http_sluice_finish(r, rc);
}


/* in a thread: takes as long for a user that does not exist */

static void
ngx_http_sluice_sign_in_check(void *data, ngx_log_t *log)
{
    int rc;
    ngx_http_sluice_login_t *login = data;
    const char *password = (const char *) login->password.data;

    if (login->hash.len == 0) {
        rc = password_verify_nobody(password, login->password.len);

    } else {
        rc = password_verify((const char *) login->hash.data, password,
                             login->password.len);
    }

    login->right = (rc == 1);

    OPENSSL_cleanse(login->password.data, login->password.len);
}


static void
ngx_http_sluice_sign_in_checked(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_login_t *login = data;

    ngx_http_sluice_finish(
        r, login->right
               ? ngx_http_sluice_session_create(r, login)
               : ngx_http_sluice_problem(r, SLUICE_LOGIN_FAILED, NULL, NULL));
}


static ngx_int_t
ngx_http_sluice_session_create(ngx_http_request_t *r,
                               ngx_http_sluice_login_t *login)
{
    u_char random[NGX_HTTP_SLUICE_REFRESH_SIZE];
    u_char ttl[NGX_TIME_T_LEN], signs[NGX_INT_T_LEN];
    ngx_str_t params[7];
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    if (RAND_bytes(random, sizeof(random)) != 1 || uuid_v7(login->sid) != 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) base64url_encode(login->refresh, random, sizeof(random));

    if (ngx_http_sluice_session_digest(r, login->refresh,
                                       NGX_HTTP_SLUICE_REFRESH_LEN, &params[2])
        != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    params[0].data = (u_char *) login->sid;
    params[0].len = UUID_TEXT_LEN;
    params[1] = login->id;

    ngx_str_null(&params[3]);

    if (r->headers_in.user_agent
        && ngx_http_sluice_utf8(&r->headers_in.user_agent->value)) {
        params[3] = r->headers_in.user_agent->value;
    }

    params[4] = r->connection->addr_text;

    if (r->connection->sockaddr->sa_family == AF_UNIX) {
        ngx_str_null(&params[4]);
    }

    params[5].data = ttl;
    params[5].len = (size_t) (ngx_sprintf(ttl, "%T", sscf->refresh_ttl) - ttl);

    ngx_http_sluice_session_signs(r, signs, &params[6]);

    return ngx_http_sluice_query(r, &ngx_http_sluice_create_session, params,
                                 ngx_http_sluice_session_created, login);
}


static void
ngx_http_sluice_session_created(ngx_http_request_t *r, void *data,
                                const ngx_sluice_pg_result_t *result)
{
    ngx_int_t rc;
    ngx_http_sluice_login_t *login = data;

    if (result->status != SLUICE_OK) {
        rc = ngx_http_sluice_problem(r, result->status, NULL, NULL);

    } else if (result->rows == 0) {
        rc = ngx_http_sluice_problem(r, SLUICE_LOGIN_FAILED, NULL, NULL);

    } else if (ngx_http_sluice_session_row(r, result, 0, &login->role) != NGX_OK
               || ngx_http_sluice_session_issued(result, 1, login) != NGX_OK) {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else {
        rc = ngx_http_sluice_session_answer(r, login, NGX_HTTP_CREATED);
    }

    ngx_http_sluice_finish(r, rc);
}


/* POST /api/sessions/refresh {"refresh_token": …} */

ngx_int_t
ngx_http_sluice_refresh_handler(ngx_http_request_t *r)
{
    return ngx_http_sluice_with_body(r, ngx_http_sluice_refresh);
}


static ngx_int_t
ngx_http_sluice_refresh(ngx_http_request_t *r)
{
    json_t *body;
    u_char signs[NGX_INT_T_LEN];
    ngx_int_t rc;
    ngx_str_t token, params[2];
    ngx_http_sluice_login_t *login;

    login = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_login_t));
    if (login == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_sluice_read_json(r, &body);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_sluice_sign_in_field(r, body, "refresh_token",
                                       NGX_HTTP_SLUICE_REFRESH_LEN, &token);
    json_decref(body);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (token.len != NGX_HTTP_SLUICE_REFRESH_LEN) {
        return ngx_http_sluice_problem(r, SLUICE_TOKEN_INVALID,
                                       "This is not a refresh token.", NULL);
    }

    ngx_memcpy(login->refresh, token.data, token.len);

    if (ngx_http_sluice_session_digest(r, login->refresh, token.len, &params[0])
        != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_sluice_session_signs(r, signs, &params[1]);

    return ngx_http_sluice_query(r, &ngx_http_sluice_refresh_session, params,
                                 ngx_http_sluice_refreshed, login);
}


static void
ngx_http_sluice_refreshed(ngx_http_request_t *r, void *data,
                          const ngx_sluice_pg_result_t *result)
{
    ngx_int_t rc;
    ngx_str_t sid;
    ngx_http_sluice_login_t *login = data;

    if (result->status != SLUICE_OK || result->rows == 0) {
        rc = ngx_http_sluice_problem(
            r,
            result->status != SLUICE_OK ? result->status : SLUICE_TOKEN_INVALID,
            result->rows ? NULL : "The session has ended: sign in again.",
            NULL);
        ngx_http_sluice_finish(r, rc);
        return;
    }

    if (ngx_http_sluice_session_row(r, result, 0, &login->id) != NGX_OK
        || ngx_http_sluice_session_row(r, result, 1, &login->email) != NGX_OK
        || ngx_http_sluice_session_row(r, result, 2, &login->name) != NGX_OK
        || ngx_http_sluice_session_row(r, result, 3, &login->role) != NGX_OK
        || ngx_http_sluice_session_row(r, result, 4, &sid) != NGX_OK
        || ngx_http_sluice_session_issued(result, 5, login) != NGX_OK) {
        ngx_http_sluice_finish(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ngx_memcpy(login->sid, sid.data, UUID_TEXT_LEN);

    ngx_http_sluice_finish(
        r, ngx_http_sluice_session_answer(r, login, NGX_HTTP_OK));
}


/* DELETE /api/sessions/current */

ngx_int_t
ngx_http_sluice_sign_out_handler(ngx_http_request_t *r)
{
    u_char signs[NGX_INT_T_LEN];
    ngx_int_t rc;
    ngx_str_t params[3];
    ngx_str_t nothing = ngx_null_string;
    ngx_http_sluice_ctx_t *ctx;

    ctx = ngx_http_sluice_find_ctx(r);

    params[0].data = (u_char *) ctx->access.sub;
    params[0].len = UUID_TEXT_LEN;
    params[1].data = (u_char *) ctx->access.sid;
    params[1].len = ngx_strlen(ctx->access.sid);

    ngx_http_sluice_session_signs(r, signs, &params[2]);

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx->access.foreign) {
        /* its session is its issuer's to end */
        return ngx_http_sluice_json(r, NGX_HTTP_NO_CONTENT, &nothing);
    }

    r->main->count++;

    ngx_http_sluice_finish(
        r, ngx_http_sluice_query(r, &ngx_http_sluice_end_session, params,
                                 ngx_http_sluice_signed_out, NULL));
    return NGX_DONE;
}


static void
ngx_http_sluice_signed_out(ngx_http_request_t *r, void *data,
                           const ngx_sluice_pg_result_t *result)
{
    ngx_int_t rc;

    if (result->status != SLUICE_OK) {
        rc = ngx_http_sluice_problem(r, result->status, NULL, NULL);

    } else if (ngx_http_sluice_session_cookie(r, "", 0) != NGX_OK) {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else {
        rc = ngx_http_sluice_api_answer(r, result, 0);
    }

    ngx_http_sluice_finish(r, rc);
}


/* tokens */

/* For how many seconds anything is good that is signed with a session, its
   access tokens and the links of media objects, as api.end_session() takes
   it. */

static void
ngx_http_sluice_session_signs(ngx_http_request_t *r, u_char buf[NGX_INT_T_LEN],
                              ngx_str_t *seconds)
{
    time_t longest;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    longest = ngx_max(sscf->access_ttl,
                      ngx_http_sluice_links_longest(sscf->link_ttl));
    longest = ngx_min(longest, NGX_MAX_INT32_VALUE - NGX_HTTP_SLUICE_CLOCKS);

    seconds->data = buf;
    seconds->len = (size_t) (ngx_sprintf(buf, "%T",
                                         longest + NGX_HTTP_SLUICE_CLOCKS)
                             - buf);
}


static ngx_int_t
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


static ngx_int_t
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


/* RFC 6265, 4.1; a life of 0 takes the cookie away */

static ngx_int_t
ngx_http_sluice_session_cookie(ngx_http_request_t *r, const char *token,
                               time_t ttl)
{
    ngx_str_t value;
    ngx_http_sluice_srv_conf_t *sscf;

    static const char attributes[] = "; Path=/; HttpOnly; SameSite=Strict";

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    value.len = sizeof("sluice_session=; Max-Age=; Secure") + ngx_strlen(token)
                + NGX_TIME_T_LEN + sizeof(attributes);

    value.data = ngx_pnalloc(r->pool, value.len);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = (size_t) (ngx_sprintf(
                              value.data, "sluice_session=%s; Max-Age=%T%s%s",
                              token, ttl, attributes,
                              sscf->public_url.data[4] == 's' ? "; Secure" : "")
                          - value.data);

    return ngx_http_sluice_header(r, "Set-Cookie", &value);
}


static ngx_int_t
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


/* A value of the first row in the request's memory, terminated; NULL is the
   empty text. */

static ngx_int_t
ngx_http_sluice_session_row(ngx_http_request_t *r,
                            const ngx_sluice_pg_result_t *result,
                            ngx_uint_t column, ngx_str_t *value)
{
    ngx_str_t text;

    (void) ngx_sluice_pg_value(result, 0, column, &text);

    value->len = text.len;
    value->data = ngx_pnalloc(r->pool, text.len + 1);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    *ngx_cpymem(value->data, text.data, text.len) = '\0';

    return NGX_OK;
}
