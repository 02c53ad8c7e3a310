/* Passwords, as functions of SQL need them looked at: in threads. */

#include "ngx_http_sluice_need_rows.h"

#include "ngx_module/bridge/ngx_sluice_lane.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "ngx_module/http/ngx_http_sluice_whose.h"
#include "ngx_module/zone/ngx_http_sluice_zone.h"
#include "core/account/password.h"
#include "core/account/policy.h"
#include "core/base/status.h"


/* of each process: a password takes 40 ms and 19 MiB */
#define NGX_HTTP_SLUICE_PASSWORD_THREADS 2
#define NGX_HTTP_SLUICE_PASSWORD_MAX 64

#define NGX_HTTP_SLUICE_PASSWORD_WORDS 8


typedef struct {
    ngx_http_sluice_need_t *need;

    const char *verify;      /* "": nobody's */
    const ngx_str_t *chosen; /* what is hashed */
    const char *chosen_name;
    ngx_str_t tried[NGX_HTTP_SLUICE_TRIES]; /* what wrong ones count for */
    const char *words[NGX_HTTP_SLUICE_PASSWORD_WORDS + 1];

    /* what the thread found */
    ngx_uint_t right;
    const char *refused;
    char hash[PASSWORD_HASH_SIZE]; /* empty: none */
} ngx_http_sluice_password_t;


/* Uploads, which may fill the pool of threads, are not waited for. */
static ngx_sluice_lane_t ngx_http_sluice_password_lane = {
    .name = "passwords", .max = NGX_HTTP_SLUICE_PASSWORD_MAX
};


static void
ngx_http_sluice_password_end(void)
{
    ngx_sluice_lane_end(&ngx_http_sluice_password_lane);
}


static ngx_http_sluice_password_t *
ngx_http_sluice_password_state(ngx_http_request_t *r,
                               ngx_http_sluice_need_t *need)
{
    ngx_http_sluice_password_t *password;

    password = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_password_t));

    if (password) {
        password->need = need;
    }

    return password;
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
ngx_http_sluice_password_try(void *data, ngx_log_t *log)
{
    int rc;
    ngx_http_sluice_password_t *password = data;
    const char *text = (const char *) password->need->password.data;
    size_t len = password->need->password.len;

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
    ngx_uint_t of;
    ngx_http_sluice_password_t *password = data;

    for (of = 0; !password->right && of < NGX_HTTP_SLUICE_TRIES; of++) {
        ngx_http_sluice_zone_wrong((ngx_http_sluice_tries_t) of,
                                   &password->tried[of]);
    }

    (void) json_object_set_new(password->need->facts, "verified",
                               password->right ? json_string(password->verify)
                                               : json_false());

    if (*password->hash) {
        (void) json_object_set_new(password->need->facts, "rehashed",
                                   json_string(password->hash));
    }

    password->need->met(r, password->need);
}


/* in a thread */

static void
ngx_http_sluice_password_make(void *data, ngx_log_t *log)
{
    ngx_http_sluice_password_t *password = data;
    const char *text = (const char *) password->chosen->data;
    size_t len = password->chosen->len;

    password->refused = policy_refuse(text, len, password->words);

    if (password->refused == NULL
        && password_hash(password->hash, text, len) != 0) {
        password->hash[0] = '\0';
    }
}


static void
ngx_http_sluice_password_made(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_password_t *password = data;

    if (password->refused) {
        ngx_http_sluice_finish(r,
                               ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                                       password->refused,
                                                       password->chosen_name));

    } else if (*password->hash == '\0') {
        ngx_http_sluice_finish(r, NGX_HTTP_INTERNAL_SERVER_ERROR);

    } else {
        (void) json_object_set_new(password->need->facts, "hash",
                                   json_string(password->hash));
        password->need->met(r, password->need);
    }
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


ngx_int_t
ngx_http_sluice_password_verify(ngx_http_request_t *r,
                                ngx_http_sluice_need_t *need, json_t *wants)
{
    ngx_int_t rc;
    const char *account, *hash;
    ngx_http_sluice_password_t *password;

    if (need->password.data == NULL) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "This must be a text.", "password");
    }

    account = json_string_value(json_object_get(wants, "account"));
    hash = json_string_value(json_object_get(wants, "verify"));
    password = ngx_http_sluice_password_state(r, need);

    if (account == NULL || password == NULL
        || ngx_http_sluice_password_account(r, account, password) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    password->verify = hash ? hash : "";
    rc = ngx_http_sluice_password_bound(r, password);

    return rc != NGX_DECLINED ? rc
                              : ngx_http_sluice_password_thread(
                                  r, ngx_http_sluice_password_try,
                                  ngx_http_sluice_password_verified, password);
}


ngx_int_t
ngx_http_sluice_password_hash(ngx_http_request_t *r,
                              ngx_http_sluice_need_t *need, json_t *wants)
{
    size_t i, n = 0;
    json_t *word;
    ngx_http_sluice_password_t *password;

    password = ngx_http_sluice_password_state(r, need);
    if (password == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    password->chosen_name = json_string_value(json_object_get(wants, "of"));
    password->chosen = ngx_strcmp(password->chosen_name, "password") == 0
                           ? &need->password
                           : &need->new_password;

    if (password->chosen->data == NULL) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "This must be a text.",
                                       password->chosen_name);
    }

    json_array_foreach(json_object_get(wants, "hash"), i, word)
    {
        if (json_is_string(word) && n < NGX_HTTP_SLUICE_PASSWORD_WORDS) {
            password->words[n++] = json_string_value(word);
        }
    }

    return ngx_http_sluice_password_thread(r, ngx_http_sluice_password_make,
                                           ngx_http_sluice_password_made,
                                           password);
}
