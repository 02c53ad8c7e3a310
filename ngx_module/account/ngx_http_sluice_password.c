/* Passwords, as functions of SQL need them looked at: in threads. */

#include "ngx_http_sluice_need_rows.h"
#include "ngx_http_sluice_throttle.h"

#include "ngx_module/bridge/ngx_sluice_lane.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_thread.h"
#include "core/account/password.h"
#include "core/account/policy.h"
#include "core/base/status.h"


/* of each process, of which there is one a core: a password takes 30 ms of it,
   and 19 MiB. With two, who fetches bytes waits twice as long in a storm, and
   no more sign in. */
#define NGX_HTTP_SLUICE_PASSWORD_THREADS 1
#define NGX_HTTP_SLUICE_PASSWORD_MAX 64

#define NGX_HTTP_SLUICE_PASSWORD_WORDS 8


typedef struct {
    ngx_http_sluice_need_t *need;

    const char *verify;      /* "": nobody's */
    const ngx_str_t *chosen; /* what is hashed */
    const char *chosen_name;
    ngx_http_sluice_throttle_t throttle;
    const char *words[NGX_HTTP_SLUICE_PASSWORD_WORDS + 1]; /* no passwords */

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
ngx_http_sluice_password_told(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_password_t *password = data;

    password->need->met(r, password->need);
}


static void
ngx_http_sluice_password_verified(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_password_t *password = data;

    (void) json_object_set_new(password->need->facts, "verified",
                               password->right ? json_string(password->verify)
                                               : json_false());

    if (*password->hash) {
        (void) json_object_set_new(password->need->facts, "rehashed",
                                   json_string(password->hash));
    }

    if (password->right) {
        ngx_http_sluice_throttle_right(r, &password->throttle);

    } else if (ngx_http_sluice_throttle_wrong(r, &password->throttle)
               == NGX_DONE) {
        return;
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


/* Redis lets it be looked at. */

static void
ngx_http_sluice_password_go(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_finish(r, ngx_http_sluice_password_thread(
                                  r, ngx_http_sluice_password_try,
                                  ngx_http_sluice_password_verified, data));
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

    if (account == NULL || password == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    password->verify = hash ? hash : "";
    password->throttle.go = ngx_http_sluice_password_go;
    password->throttle.told = ngx_http_sluice_password_told;
    password->throttle.data = password;

    rc = ngx_http_sluice_throttle(r, &password->throttle, account);

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
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

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

    password->words[n++] = (char *) sscf->public_url.data;

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
