#include "ngx_http_sluice_session.h"
#include "ngx_http_sluice_sign_in.h"

#include "ngx_module/bridge/ngx_sluice_lane.h"
#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_body.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_query.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/http/ngx_http_sluice_whose.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/base/password.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#include <jansson.h>
#include <openssl/crypto.h>


#define NGX_HTTP_SLUICE_EMAIL_MAX 254 /* RFC 5321, 4.5.3.1.3 */

/* of each process: a password takes 40 ms and 19 MiB */
#define NGX_HTTP_SLUICE_SIGN_IN_THREADS 2
#define NGX_HTTP_SLUICE_SIGN_IN_MAX 64


typedef struct {
    ngx_str_t password;
    ngx_str_t hash;   /* terminated; empty: no such user */
    ngx_uint_t right; /* what the thread found */
    ngx_str_t tried[NGX_HTTP_SLUICE_TRIES]; /* what wrong ones count for */
    ngx_str_t id;                           /* the user's; terminated */
    int remember;
    int cookies;
} ngx_http_sluice_login_t;


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
    "find_login", "select id, password from api.find_login($1)", 1,
    NGX_SLUICE_PG_STOP
};

static ngx_sluice_pg_statement_t ngx_http_sluice_sign_in_statement = {
    "begin_session",
    "select status, body from api.begin_session($1::uuid, $2::jsonb)", 2,
    NGX_SLUICE_PG_FINISH
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

    if (rc == NGX_DECLINED) {
        login->remember = 1;
        rc = ngx_http_sluice_body_flag(r, body, "remember", &login->remember);
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_http_sluice_body_flag(r, body, "cookies", &login->cookies);
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
        && (ngx_http_sluice_query_text(r, result, 0, 0, &login->id) != NGX_OK
            || ngx_http_sluice_query_text(r, result, 0, 1, &login->hash)
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
    char sid[UUID_TEXT_SIZE];
    json_t *args;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    if (uuid_v7(sid) != 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    args = ngx_http_sluice_session_args(r);

    if (args) {
        (void) json_object_update_new(
            args, json_pack("{s:s, s:I, s:b}", "session", sid, "seconds",
                            (json_int_t) sscf->refresh_ttl, "remember",
                            login->remember));
    }

    return ngx_http_sluice_call(r, &ngx_http_sluice_sign_in_statement,
                                (char *) login->id.data, args,
                                ngx_http_sluice_sign_in_done, login);
}


static void
ngx_http_sluice_sign_in_done(ngx_http_request_t *r, void *data,
                             const ngx_sluice_pg_result_t *result)
{
    ngx_http_sluice_login_t *login = data;

    ngx_http_sluice_finish(r, ngx_http_sluice_session_reply(
                                  r, result, (ngx_uint_t) login->cookies));
}
