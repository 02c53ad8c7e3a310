#include "ngx_http_sluice_password.h"
#include "ngx_http_sluice_session.h"

#include "ngx_module/bridge/ngx_sluice_lane.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_body.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/http/ngx_http_sluice_whose.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/account/password.h"
#include "core/account/policy.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#include <openssl/crypto.h>


/* of each process: a password takes 40 ms and 19 MiB */
#define NGX_HTTP_SLUICE_PASSWORD_THREADS 2
#define NGX_HTTP_SLUICE_PASSWORD_MAX 64

/* A function needs a password verified and another one hashed: three calls. */
#define NGX_HTTP_SLUICE_PASSWORD_CALLS 3

#define NGX_HTTP_SLUICE_PASSWORD_WORDS 8


typedef struct {
    ngx_str_t password;
    ngx_str_t new_password;

    const ngx_sluice_pg_statement_t *call;
    char actor[UUID_TEXT_SIZE];
    json_t *args;
    json_t *answer; /* of the function, while what it needs is done */
    ngx_uint_t calls;

    const char *verify;                     /* NULL: none was verified */
    ngx_str_t tried[NGX_HTTP_SLUICE_TRIES]; /* what wrong ones count for */
    const char *words[NGX_HTTP_SLUICE_PASSWORD_WORDS + 1];

    /* what the thread found */
    ngx_uint_t right;
    const char *refused;
    char hash[PASSWORD_HASH_SIZE]; /* empty: none */
} ngx_http_sluice_password_t;


static ngx_int_t
ngx_http_sluice_password_ask(ngx_http_request_t *r,
                             ngx_http_sluice_password_t *password);


/* Uploads, which may fill the pool of threads, are not waited for. */
static ngx_sluice_lane_t ngx_http_sluice_password_lane = {
    .name = "passwords", .max = NGX_HTTP_SLUICE_PASSWORD_MAX
};


static void
ngx_http_sluice_password_end(void)
{
    ngx_sluice_lane_end(&ngx_http_sluice_password_lane);
}


static void
ngx_http_sluice_password_cleanup(void *data)
{
    ngx_http_sluice_password_t *password = data;

    OPENSSL_cleanse(password->password.data, password->password.len);
    OPENSSL_cleanse(password->new_password.data, password->new_password.len);
    json_decref(password->args);
    json_decref(password->answer);
}


/* Out of `args` into the request's memory: NGX_DECLINED, also when there is
   none, or the answer that it is no password. */

static ngx_int_t
ngx_http_sluice_password_take(ngx_http_request_t *r, json_t *args,
                              const char *name, ngx_str_t *value)
{
    json_t *text;
    ngx_int_t rc;

    text = json_object_get(args, name);

    if (text == NULL) {
        return NGX_DECLINED;
    }

    rc = ngx_http_sluice_body_field(r, args, name, PASSWORD_MAX_SIZE, value);

    if (json_is_string(text)) {
        OPENSSL_cleanse((char *) json_string_value(text),
                        json_string_length(text));
    }

    (void) json_object_del(args, name);

    return rc;
}


/* By which wrong passwords are counted: the account, and the same with whoever
   tries behind it. */

static ngx_int_t
ngx_http_sluice_password_account(ngx_http_request_t *r, const char *account,
                                 ngx_http_sluice_password_t *password)
{
    u_char *p;
    size_t len = ngx_strlen(account);
    uint64_t whose = ngx_http_sluice_whose(r);

    p = ngx_pnalloc(r->pool, len + sizeof(whose));
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, account, len);
    ngx_memcpy(p + len, &whose, sizeof(whose));

    password->tried[NGX_HTTP_SLUICE_TRIES_OF_ALL].data = p;
    password->tried[NGX_HTTP_SLUICE_TRIES_OF_ALL].len = len;
    password->tried[NGX_HTTP_SLUICE_TRIES_OF_ONE].data = p;
    password->tried[NGX_HTTP_SLUICE_TRIES_OF_ONE].len = len + sizeof(whose);

    return NGX_OK;
}


/* NGX_DECLINED, or the answer: too many were wrong. A right one is not looked
   at either, or it would tell itself from the others. */

static ngx_int_t
ngx_http_sluice_password_bound(ngx_http_request_t *r,
                               ngx_http_sluice_password_t *password)
{
    time_t wait = 0;
    ngx_uint_t of;

    for (of = 0; of < NGX_HTTP_SLUICE_TRIES; of++) {
        wait = ngx_max(wait,
                       ngx_http_sluice_zone_wait((ngx_http_sluice_tries_t) of,
                                                 &password->tried[of]));
    }

    if (wait == 0) {
        return NGX_DECLINED;
    }

    if (ngx_http_sluice_retry_after(r, wait) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_problem(r, SLUICE_TOO_MANY,
                                   "Too many passwords for this account were "
                                   "wrong: come back later.",
                                   NULL);
}


/* in a thread: takes as long for a user that does not exist */

static void
ngx_http_sluice_password_verify(void *data, ngx_log_t *log)
{
    int rc;
    ngx_http_sluice_password_t *password = data;
    const char *text = (const char *) password->password.data;
    size_t len = password->password.len;

    rc = *password->verify ? password_verify(password->verify, text, len)
                           : password_verify_nobody(text, len);

    password->right = (rc == 1);
    password->hash[0] = '\0';

    if (rc == 1 && !password_is_current(password->verify)
        && password_hash(password->hash, text, len) != 0) {
        password->hash[0] = '\0';
    }
}


static void
ngx_http_sluice_password_verified(ngx_http_request_t *r, void *data)
{
    json_t *facts;
    ngx_uint_t of;
    ngx_http_sluice_password_t *password = data;

    for (of = 0; !password->right && of < NGX_HTTP_SLUICE_TRIES; of++) {
        ngx_http_sluice_zone_wrong((ngx_http_sluice_tries_t) of,
                                   &password->tried[of]);
    }

    facts = json_object_get(password->args, "nginx");
    (void) json_object_set_new(facts, "verified",
                               password->right ? json_string(password->verify)
                                               : json_false());

    if (*password->hash) {
        (void) json_object_set_new(facts, "rehashed",
                                   json_string(password->hash));
    }

    ngx_http_sluice_finish(r, ngx_http_sluice_password_ask(r, password));
}


/* The one to hash: where a password is verified, too, it has a name of its
   own. */

static const ngx_str_t *
ngx_http_sluice_password_new(const ngx_http_sluice_password_t *password)
{
    return password->verify ? &password->new_password : &password->password;
}


static const char *
ngx_http_sluice_password_new_name(const ngx_http_sluice_password_t *password)
{
    return password->verify ? "new_password" : "password";
}


/* in a thread */

static void
ngx_http_sluice_password_make(void *data, ngx_log_t *log)
{
    ngx_http_sluice_password_t *password = data;
    const ngx_str_t *chosen = ngx_http_sluice_password_new(password);
    const char *text = (const char *) chosen->data;
    size_t len = chosen->len;

    password->refused = policy_refuse(text, len, password->words);

    if (password->refused == NULL
        && password_hash(password->hash, text, len) != 0) {
        password->hash[0] = '\0';
    }
}


static void
ngx_http_sluice_password_made(ngx_http_request_t *r, void *data)
{
    ngx_int_t rc;
    ngx_http_sluice_password_t *password = data;

    if (password->refused) {
        rc = ngx_http_sluice_problem(
            r, SLUICE_FIELD_INVALID, password->refused,
            ngx_http_sluice_password_new_name(password));

    } else if (*password->hash == '\0') {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else {
        (void) json_object_set_new(json_object_get(password->args, "nginx"),
                                   "hash", json_string(password->hash));
        rc = ngx_http_sluice_password_ask(r, password);
    }

    ngx_http_sluice_finish(r, rc);
}


static ngx_int_t
ngx_http_sluice_password_thread(ngx_http_request_t *r,
                                void (*work)(void *data, ngx_log_t *log),
                                ngx_http_sluice_step_pt step,
                                ngx_http_sluice_password_t *password)
{
    if (ngx_http_sluice_password_lane.threads == 0) {
        ngx_http_sluice_password_lane.threads =
            NGX_HTTP_SLUICE_PASSWORD_THREADS;
        ngx_http_sluice_at_exit(ngx_http_sluice_password_end);
    }

    return ngx_http_sluice_thread_lane(r, &ngx_http_sluice_password_lane, work,
                                       step, password);
}


/* `need` holds as long as the answer that it is in. */

static ngx_int_t
ngx_http_sluice_password_need_verify(ngx_http_request_t *r, json_t *need,
                                     ngx_http_sluice_password_t *password)
{
    ngx_int_t rc;
    const char *account, *hash;

    if (password->password.data == NULL) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "This must be a text.", "password");
    }

    account = json_string_value(json_object_get(need, "account"));
    hash = json_string_value(json_object_get(need, "verify"));

    password->verify = hash ? hash : "";

    if (account == NULL
        || ngx_http_sluice_password_account(r, account, password) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_sluice_password_bound(r, password);

    return rc != NGX_DECLINED ? rc
                              : ngx_http_sluice_password_thread(
                                  r, ngx_http_sluice_password_verify,
                                  ngx_http_sluice_password_verified, password);
}


static ngx_int_t
ngx_http_sluice_password_need_hash(ngx_http_request_t *r, json_t *need,
                                   ngx_http_sluice_password_t *password)
{
    size_t i, n = 0;
    json_t *word;

    if (ngx_http_sluice_password_new(password)->data == NULL) {
        return ngx_http_sluice_problem(
            r, SLUICE_FIELD_INVALID, "This must be a text.",
            ngx_http_sluice_password_new_name(password));
    }

    json_array_foreach(json_object_get(need, "hash"), i, word)
    {
        if (json_is_string(word) && n < NGX_HTTP_SLUICE_PASSWORD_WORDS) {
            password->words[n++] = json_string_value(word);
        }
    }

    password->words[n] = NULL;

    return ngx_http_sluice_password_thread(r, ngx_http_sluice_password_make,
                                           ngx_http_sluice_password_made,
                                           password);
}


static void
ngx_http_sluice_password_done(ngx_http_request_t *r, void *data,
                              const ngx_sluice_pg_result_t *result)
{
    json_t *need;
    ngx_int_t rc;
    ngx_http_sluice_password_t *password = data;

    json_decref(password->answer);
    password->answer = ngx_http_sluice_call_body(result);
    need = json_object_get(password->answer, "need");

    if (need == NULL) {
        rc = ngx_http_sluice_session_reply(
            r, result,
            json_is_true(json_object_get(password->args, "cookies")));

    } else if (password->calls == NGX_HTTP_SLUICE_PASSWORD_CALLS) {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else if (json_object_get(need, "hash")) {
        rc = ngx_http_sluice_password_need_hash(r, need, password);

    } else {
        rc = ngx_http_sluice_password_need_verify(r, need, password);
    }

    ngx_http_sluice_finish(r, rc);
}


static ngx_int_t
ngx_http_sluice_password_ask(ngx_http_request_t *r,
                             ngx_http_sluice_password_t *password)
{
    password->calls++;

    return ngx_http_sluice_call(r, password->call, password->actor,
                                json_incref(password->args),
                                ngx_http_sluice_password_done, password);
}


ngx_int_t
ngx_http_sluice_password_call(ngx_http_request_t *r,
                              const ngx_sluice_pg_statement_t *call,
                              const char *actor, json_t *args)
{
    ngx_int_t rc;
    ngx_pool_cleanup_t *cln;
    ngx_http_sluice_password_t *password;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_sluice_password_t));
    if (cln == NULL) {
        json_decref(args);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    password = cln->data;
    ngx_memzero(password, sizeof(ngx_http_sluice_password_t));

    cln->handler = ngx_http_sluice_password_cleanup;
    password->call = call;
    password->args = args;
    ngx_cpystrn((u_char *) password->actor, (u_char *) actor, UUID_TEXT_SIZE);

    rc = ngx_http_sluice_password_take(r, args, "password",
                                       &password->password);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_sluice_password_take(r, args, "new_password",
                                           &password->new_password);
    }

    ngx_http_sluice_body_wipe(r);

    return rc == NGX_DECLINED ? ngx_http_sluice_password_ask(r, password) : rc;
}
