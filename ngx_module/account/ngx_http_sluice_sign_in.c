#include "ngx_http_sluice_session.h"
#include "ngx_http_sluice_sign_in.h"

#include "ngx_module/bridge/ngx_sluice_lane.h"
#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_body.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/http/ngx_http_sluice_whose.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/password.h"
#include "core/base/status.h"
#include "core/base/text.h"
#include "core/base/uuid.h"
#include "core/jose/base64url.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>


#define NGX_HTTP_SLUICE_EMAIL_MAX 254 /* RFC 5321, 4.5.3.1.3 */

/* of each process: a password takes 40 ms and 19 MiB */
#define NGX_HTTP_SLUICE_SIGN_IN_THREADS 2
#define NGX_HTTP_SLUICE_SIGN_IN_MAX 64


static ngx_int_t ngx_http_sluice_sign_in_ask(ngx_http_request_t *r);
static void ngx_http_sluice_sign_in_found(ngx_http_request_t *r, void *data,
                                          const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_sign_in_check(void *data, ngx_log_t *log);
static void ngx_http_sluice_sign_in_checked(ngx_http_request_t *r, void *data);
static ngx_int_t ngx_http_sluice_sign_in_begin(ngx_http_request_t *r,
                                               ngx_http_sluice_login_t *login);
static void ngx_http_sluice_sign_in_done(ngx_http_request_t *r, void *data,
                                         const ngx_sluice_pg_result_t *result);


static ngx_sluice_pg_statement_t ngx_http_sluice_sign_in_find = {
    "find_login",
    "select id, email, name, role, password from api.find_login($1)", 1,
    NGX_SLUICE_PG_STOP
};

static ngx_sluice_pg_statement_t ngx_http_sluice_sign_in_create = {
    "create_session",
    "select role, issued from api.create_session($1::uuid, $2::uuid, "
    "decode($3, 'hex'), $4, $5::inet, $6::bigint, $7::integer)",
    7, NGX_SLUICE_PG_FINISH
};


/* Uploads, which may fill the pool of threads, are not waited for. */
static ngx_sluice_lane_t ngx_http_sluice_sign_in_lane = {
    .name = "passwords", .max = NGX_HTTP_SLUICE_SIGN_IN_MAX
};


static void
ngx_http_sluice_sign_in_end(void)
{
    ngx_sluice_lane_end(&ngx_http_sluice_sign_in_lane);
}


ngx_int_t
ngx_http_sluice_sign_in_handler(ngx_http_request_t *r)
{
    return ngx_http_sluice_body_read(r, ngx_http_sluice_sign_in_ask);
}


/* The password is in one place only from here on: where the thread wipes it. */

static void
ngx_http_sluice_sign_in_forget(ngx_http_request_t *r, json_t *body)
{
    json_t *password;

    password = json_object_get(body, "password");

    ngx_http_sluice_body_wipe(r);

    if (json_is_string(password)) {
        OPENSSL_cleanse((char *) json_string_value(password),
                        json_string_length(password));
    }

    json_decref(body);
}


/* By which wrong passwords are counted: the account, and the same with whoever
   tries behind it. */

static ngx_int_t
ngx_http_sluice_sign_in_names(ngx_http_request_t *r, ngx_str_t *email,
                              ngx_http_sluice_login_t *login)
{
    u_char *p;
    uint64_t whose = ngx_http_sluice_whose(r);

    p = ngx_pnalloc(r->pool, email->len + sizeof(whose));
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_strlow(p, email->data, email->len);
    ngx_memcpy(p + email->len, &whose, sizeof(whose));

    login->tried[NGX_HTTP_SLUICE_TRIES_OF_ALL].data = p;
    login->tried[NGX_HTTP_SLUICE_TRIES_OF_ALL].len = email->len;
    login->tried[NGX_HTTP_SLUICE_TRIES_OF_ONE].data = p;
    login->tried[NGX_HTTP_SLUICE_TRIES_OF_ONE].len = email->len + sizeof(whose);

    return NGX_OK;
}


/* NGX_DECLINED, or the answer: too many were wrong. A right one is not looked
   at either, or it would tell itself from the others. */

static ngx_int_t
ngx_http_sluice_sign_in_bound(ngx_http_request_t *r,
                              ngx_http_sluice_login_t *login)
{
    time_t wait = 0;
    ngx_uint_t of;

    for (of = 0; of < NGX_HTTP_SLUICE_TRIES; of++) {
        wait = ngx_max(wait,
                       ngx_http_sluice_zone_wait((ngx_http_sluice_tries_t) of,
                                                 &login->tried[of]));
    }

    if (wait == 0) {
        return NGX_DECLINED;
    }

    OPENSSL_cleanse(login->password.data, login->password.len);

    if (ngx_http_sluice_retry_after(r, wait) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_problem(r, SLUICE_TOO_MANY,
                                   "Too many passwords for this account were "
                                   "wrong: come back later.",
                                   NULL);
}


static ngx_int_t
ngx_http_sluice_sign_in_ask(ngx_http_request_t *r)
{
    json_t *body;
    ngx_int_t rc;
    ngx_str_t email;
    ngx_http_sluice_login_t *login;

    login = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_login_t));
    if (login == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_sluice_body_json(r, &body);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_sluice_body_field(r, body, "email", NGX_HTTP_SLUICE_EMAIL_MAX,
                                    &email);
    if (rc == NGX_DECLINED) {
        rc = ngx_http_sluice_body_field(r, body, "password", PASSWORD_MAX_SIZE,
                                        &login->password);
    }

    ngx_http_sluice_sign_in_forget(r, body);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_sluice_sign_in_names(r, &email, login) == NGX_OK
                 ? ngx_http_sluice_sign_in_bound(r, login)
                 : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc != NGX_DECLINED) {
        return rc;
    }

    return ngx_http_sluice_query(r, &ngx_http_sluice_sign_in_find, &email,
                                 ngx_http_sluice_sign_in_found, login);
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
        && (ngx_http_sluice_session_user(r, result, login) != NGX_OK
            || ngx_http_sluice_query_text(r, result, 0, 4, &login->hash)
                   == NGX_ERROR)) {
        ngx_http_sluice_finish(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (ngx_http_sluice_sign_in_lane.threads == 0) {
        ngx_http_sluice_sign_in_lane.threads = NGX_HTTP_SLUICE_SIGN_IN_THREADS;
        ngx_http_sluice_at_exit(ngx_http_sluice_sign_in_end);
    }

    rc = ngx_http_sluice_thread_lane(r, &ngx_http_sluice_sign_in_lane,
                                     ngx_http_sluice_sign_in_check,
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
    ngx_uint_t of;
    ngx_http_sluice_login_t *login = data;

    if (login->right) {
        ngx_http_sluice_finish(r, ngx_http_sluice_sign_in_begin(r, login));
        return;
    }

    for (of = 0; of < NGX_HTTP_SLUICE_TRIES; of++) {
        ngx_http_sluice_zone_wrong((ngx_http_sluice_tries_t) of,
                                   &login->tried[of]);
    }

    ngx_http_sluice_finish(
        r, ngx_http_sluice_problem(r, SLUICE_LOGIN_FAILED, NULL, NULL));
}


static ngx_int_t
ngx_http_sluice_sign_in_begin(ngx_http_request_t *r,
                              ngx_http_sluice_login_t *login)
{
    u_char random[NGX_HTTP_SLUICE_REFRESH_SIZE];
    u_char ttl[NGX_TIME_T_LEN], signs[NGX_INT_T_LEN];
    ngx_str_t params[7];
    ngx_table_elt_t *agent;
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

    agent = r->headers_in.user_agent;

    if (agent && text_is_utf8((char *) agent->value.data, agent->value.len)) {
        params[3] = agent->value;
    }

    params[4] = r->connection->addr_text;

    if (r->connection->sockaddr->sa_family == AF_UNIX) {
        ngx_str_null(&params[4]);
    }

    params[5].data = ttl;
    params[5].len = (size_t) (ngx_sprintf(ttl, "%T", sscf->refresh_ttl) - ttl);

    ngx_http_sluice_session_signs(r, signs, &params[6]);

    return ngx_http_sluice_query(r, &ngx_http_sluice_sign_in_create, params,
                                 ngx_http_sluice_sign_in_done, login);
}


static void
ngx_http_sluice_sign_in_done(ngx_http_request_t *r, void *data,
                             const ngx_sluice_pg_result_t *result)
{
    ngx_int_t rc;
    ngx_http_sluice_login_t *login = data;

    if (result->status != SLUICE_OK) {
        rc = ngx_http_sluice_problem(r, result->status, NULL, NULL);

    } else if (result->rows == 0) {
        rc = ngx_http_sluice_problem(r, SLUICE_LOGIN_FAILED, NULL, NULL);

    } else if (ngx_http_sluice_query_text(r, result, 0, 0, &login->role)
                   != NGX_OK
               || ngx_http_sluice_session_issued(result, 1, login) != NGX_OK) {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else {
        rc = ngx_http_sluice_session_answer(r, login, NGX_HTTP_CREATED);
    }

    ngx_http_sluice_finish(r, rc);
}
