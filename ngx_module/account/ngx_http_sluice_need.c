#include "ngx_http_sluice_challenge.h"
#include "ngx_http_sluice_need.h"
#include "ngx_http_sluice_need_rows.h"
#include "ngx_http_sluice_passkey.h"
#include "ngx_http_sluice_session.h"

#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_body.h"
#include "ngx_module/http/ngx_http_sluice_call.h"
#include "core/account/password.h"
#include "core/account/recovery.h"
#include "core/account/totp.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#include <openssl/crypto.h>


/* A password and a code are looked at, and something is made: four calls. */
#define NGX_HTTP_SLUICE_NEED_CALLS 4


typedef struct {
    ngx_http_sluice_need_t need; /* what rows work on */

    const ngx_sluice_pg_statement_t *call;
    char actor[UUID_TEXT_SIZE];
    json_t *args;
    json_t *answer; /* of the function, while what it needs is done */
    ngx_uint_t calls;
} ngx_http_sluice_need_state_t;


/* What is taken out of a body, before anybody else reads it. */

typedef struct {
    const char *name;
    size_t offset; /* in ngx_http_sluice_need_t */
    size_t max;    /* bytes */
    ngx_uint_t take;
    const char *(*refuse)(const ngx_str_t *text); /* NULL: any will do */
} ngx_http_sluice_need_field_t;


static const struct {
    const char *name;
    ngx_http_sluice_need_pt handler;
} ngx_http_sluice_needs[] = {
    { "verify", ngx_http_sluice_password_verify },
    { "hash", ngx_http_sluice_password_hash },
    { "totp", ngx_http_sluice_totp_verify },
    { "recovery", ngx_http_sluice_recovery_verify },
    { "secret", ngx_http_sluice_totp_secret },
    { "codes", ngx_http_sluice_recovery_make },
    { "passkey", ngx_http_sluice_passkey_verify },
    { "offer", ngx_http_sluice_passkey_offer },
    { "key", ngx_http_sluice_service_key_make },
};

#define NGX_HTTP_SLUICE_NEEDS \
    (sizeof(ngx_http_sluice_needs) / sizeof(ngx_http_sluice_needs[0]))


/* What cannot be a code is no try of one. */

static const char *
ngx_http_sluice_need_refuse_code(const ngx_str_t *text)
{
    return totp_read((char *) text->data, text->len) < 0
               ? "Six digits, as a text."
               : NULL;
}


static const char *
ngx_http_sluice_need_refuse_recovery(const ngx_str_t *text)
{
    u_char code[RECOVERY_SIZE];
    const char *refused;

    refused = recovery_read((char *) text->data, text->len, code) == 0
                  ? "A recovery code, with or without its hyphens."
                  : NULL;
    OPENSSL_cleanse(code, sizeof(code));

    return refused;
}


static const ngx_http_sluice_need_field_t ngx_http_sluice_need_fields[] = {

    { "password", offsetof(ngx_http_sluice_need_t, password), PASSWORD_MAX_SIZE,
      NGX_HTTP_SLUICE_NEED_PASSWORDS, NULL },

    { "new_password", offsetof(ngx_http_sluice_need_t, new_password),
      PASSWORD_MAX_SIZE, NGX_HTTP_SLUICE_NEED_PASSWORDS, NULL },

    { "code", offsetof(ngx_http_sluice_need_t, code), TOTP_TEXT_MAX,
      NGX_HTTP_SLUICE_NEED_CODES, ngx_http_sluice_need_refuse_code },

    { "recovery_code", offsetof(ngx_http_sluice_need_t, recovery_code),
      RECOVERY_TEXT_MAX, NGX_HTTP_SLUICE_NEED_CODES,
      ngx_http_sluice_need_refuse_recovery },

    { NULL, 0, 0, 0, NULL }
};


static ngx_str_t *
ngx_http_sluice_need_value(ngx_http_sluice_need_state_t *state,
                           const ngx_http_sluice_need_field_t *field)
{
    return (ngx_str_t *) ((u_char *) &state->need + field->offset);
}


static void
ngx_http_sluice_need_cleanup(void *data)
{
    ngx_str_t *value;
    ngx_http_sluice_need_state_t *state = data;
    const ngx_http_sluice_need_field_t *field;

    for (field = ngx_http_sluice_need_fields; field->name; field++) {
        value = ngx_http_sluice_need_value(state, field);
        OPENSSL_cleanse(value->data, value->len);
    }

    json_decref(state->args);
    json_decref(state->answer);
    json_decref(state->need.told);
}


/* Out of `args` into the request's memory: NGX_DECLINED, also when there is
   none, or the answer that it cannot be one. */

static ngx_int_t
ngx_http_sluice_need_take(ngx_http_request_t *r,
                          ngx_http_sluice_need_state_t *state,
                          const ngx_http_sluice_need_field_t *field)
{
    json_t *text;
    ngx_int_t rc;
    ngx_str_t *value;
    const char *refused;

    text = json_object_get(state->args, field->name);

    if (text == NULL) {
        return NGX_DECLINED;
    }

    value = ngx_http_sluice_need_value(state, field);
    rc = ngx_http_sluice_body_field(r, state->args, field->name, field->max,
                                    value);

    if (json_is_string(text)) {
        OPENSSL_cleanse((char *) json_string_value(text),
                        json_string_length(text));
    }

    (void) json_object_del(state->args, field->name);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    refused = field->refuse ? field->refuse(value) : NULL;

    if (refused) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID, refused,
                                       field->name);
    }

    return json_array_append_new(json_object_get(state->need.facts, "brought"),
                                 json_string(field->name))
                   == 0
               ? NGX_DECLINED
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_http_sluice_need_take_all(ngx_http_request_t *r,
                              ngx_http_sluice_need_state_t *state,
                              ngx_uint_t take)
{
    ngx_int_t rc = NGX_DECLINED;
    const ngx_http_sluice_need_field_t *field;

    state->need.facts = json_object_get(state->args, "nginx");
    state->need.told = json_object();

    if (state->need.told == NULL
        || json_object_set_new(state->need.facts, "brought", json_array())
               != 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (field = ngx_http_sluice_need_fields; field->name; field++) {
        if (rc == NGX_DECLINED && (field->take & take)) {
            rc = ngx_http_sluice_need_take(r, state, field);
        }
    }

    return rc == NGX_DECLINED && (take & NGX_HTTP_SLUICE_NEED_PASSKEY)
               ? ngx_http_sluice_passkey_take(r, &state->need, state->args,
                                              take)
               : rc;
}


static void ngx_http_sluice_need_done(ngx_http_request_t *r, void *data,
                                      const ngx_sluice_pg_result_t *result);


static ngx_int_t
ngx_http_sluice_need_ask(ngx_http_request_t *r,
                         ngx_http_sluice_need_state_t *state)
{
    if (state->calls++ == NGX_HTTP_SLUICE_NEED_CALLS) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_call(r, state->call, state->actor,
                                json_incref(state->args),
                                ngx_http_sluice_need_done, state);
}


static void
ngx_http_sluice_need_met(ngx_http_request_t *r, ngx_http_sluice_need_t *need)
{
    ngx_http_sluice_finish(
        r, ngx_http_sluice_need_ask(r, (ngx_http_sluice_need_state_t *) need));
}


static ngx_int_t
ngx_http_sluice_need_meet(ngx_http_request_t *r,
                          ngx_http_sluice_need_state_t *state, json_t *wants)
{
    ngx_int_t rc;
    ngx_uint_t i;

    for (i = 0; i < NGX_HTTP_SLUICE_NEEDS; i++) {
        if (json_object_get(wants, ngx_http_sluice_needs[i].name) == NULL) {
            continue;
        }

        rc = ngx_http_sluice_needs[i].handler(r, &state->need, wants);

        return rc == NGX_DECLINED ? ngx_http_sluice_need_ask(r, state) : rc;
    }

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_sluice_need_done(ngx_http_request_t *r, void *data,
                          const ngx_sluice_pg_result_t *result)
{
    json_t *wants, *half;
    ngx_int_t rc;
    ngx_uint_t cookies;
    ngx_http_sluice_need_state_t *state = data;

    json_decref(state->answer);
    state->answer = ngx_http_sluice_call_body(result);

    wants = json_object_get(state->answer, "need");
    half = json_object_get(state->answer, "challenge");
    cookies = json_is_true(json_object_get(state->args, "cookies"));

    (void) json_object_update(state->need.told,
                              json_object_get(state->answer, "told"));

    rc = wants ? ngx_http_sluice_need_meet(r, state, wants)
         : json_is_object(half)
             ? ngx_http_sluice_challenge_answer(r, half, cookies)
             : ngx_http_sluice_session_reply(r, result, cookies,
                                             state->need.told);

    ngx_http_sluice_finish(r, rc);
}


ngx_int_t
ngx_http_sluice_need_call(ngx_http_request_t *r,
                          const ngx_sluice_pg_statement_t *call,
                          const char *actor, json_t *args, ngx_uint_t take)
{
    ngx_int_t rc;
    ngx_pool_cleanup_t *cln;
    ngx_http_sluice_need_state_t *state;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_sluice_need_state_t));
    if (cln == NULL) {
        json_decref(args);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    state = cln->data;
    ngx_memzero(state, sizeof(ngx_http_sluice_need_state_t));

    cln->handler = ngx_http_sluice_need_cleanup;
    state->need.met = ngx_http_sluice_need_met;
    state->call = call;
    state->args = args;
    ngx_cpystrn((u_char *) state->actor, (u_char *) actor, UUID_TEXT_SIZE);

    rc = ngx_http_sluice_need_take_all(r, state, take);
    ngx_http_sluice_body_wipe(r);

    return rc == NGX_DECLINED ? ngx_http_sluice_need_ask(r, state) : rc;
}
