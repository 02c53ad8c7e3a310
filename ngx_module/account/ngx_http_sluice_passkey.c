/* Passkeys, as functions of SQL need them looked at. No thread: a signature
   costs a tenth of a millisecond. */

#include "ngx_http_sluice_need.h"
#include "ngx_http_sluice_passkey.h"
#include "ngx_http_sluice_throttle.h"

#include "ngx_module/gate/ngx_http_sluice_deny.h"
#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/zone/ngx_http_sluice_signer.h"
#include "core/account/challenge.h"
#include "core/account/offer.h"
#include "core/account/webauthn.h"
#include "core/base/status.h"

#include <openssl/crypto.h>


/* A passkey that is looked at. */

typedef struct {
    ngx_http_sluice_need_t *need;
    const char *key; /* as JWK; NULL: nobody's */
    ngx_http_sluice_throttle_t throttle;
} ngx_http_sluice_passkey_t;


/* What a challenge may be for. */

static const struct {
    const char *name; /* in `need` */
    ngx_uint_t take;
    offer_for_t what;
} ngx_http_sluice_passkey_offers[] = {
    { "sign-in", NGX_HTTP_SLUICE_NEED_PASSKEY_IN, OFFER_SIGN_IN },
    { "add", NGX_HTTP_SLUICE_NEED_PASSKEY_NEW, OFFER_ADD },
    { "again", NGX_HTTP_SLUICE_NEED_PASSKEY_AGAIN, OFFER_AGAIN },
};

#define NGX_HTTP_SLUICE_PASSKEY_OFFERS      \
    (sizeof(ngx_http_sluice_passkey_offers) \
     / sizeof(ngx_http_sluice_passkey_offers[0]))


static const webauthn_site_t *
ngx_http_sluice_passkey_site(ngx_http_request_t *r)
{
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    return sscf->passkeys.site;
}


/* "passkey.response.signature" */

static ngx_int_t
ngx_http_sluice_passkey_refuse(ngx_http_request_t *r, const char *why,
                               const char *within)
{
    u_char field[64];

    (void) ngx_snprintf(field, sizeof(field), "passkey%s%s%Z",
                        *within ? "." : "", within);

    return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID, why,
                                   (char *) field);
}


static ngx_int_t
ngx_http_sluice_passkey_over(ngx_http_request_t *r)
{
    ngx_http_sluice_deny_note(ngx_http_sluice_gate_ctx(r),
                              SLUICE_CHALLENGE_INVALID);

    return ngx_http_sluice_problem(r, SLUICE_CHALLENGE_INVALID, NULL, NULL);
}


/* Was it made for the challenge of this sign-in? */

static ngx_uint_t
ngx_http_sluice_passkey_is_half(ngx_http_sluice_need_t *need,
                                const webauthn_t *passkey)
{
    json_t *text;

    text = json_object_get(json_object_get(need->facts, "challenge"), "text");

    return json_string_length(text) == CHALLENGE_LEN
           && ngx_strlen(passkey->challenge) == CHALLENGE_LEN
           && CRYPTO_memcmp(json_string_value(text), passkey->challenge,
                            CHALLENGE_LEN)
                  == 0;
}


/* Or for one of ours, for this? What it tells goes into `told`. */

static ngx_uint_t
ngx_http_sluice_passkey_is_offer(ngx_http_request_t *r,
                                 const webauthn_t *passkey, ngx_uint_t take,
                                 json_t *told)
{
    offer_t offer;
    ngx_uint_t i;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    for (i = 0; i < NGX_HTTP_SLUICE_PASSKEY_OFFERS; i++) {
        if (take & ngx_http_sluice_passkey_offers[i].take) {
            return offer_read(sscf->keys, passkey->challenge,
                              ngx_strlen(passkey->challenge),
                              ngx_http_sluice_passkey_offers[i].what,
                              ngx_time(), &offer)
                       == 0
                   && json_object_set_new(told, "offer",
                                          json_pack("{s:s, s:I}", "of",
                                                    offer.of, "since",
                                                    (json_int_t) offer.since))
                          == 0;
        }
    }

    return 0;
}


static json_t *
ngx_http_sluice_passkey_told(const webauthn_t *passkey)
{
    return json_pack("{s:s, s:I, s:b, s:b, s:b, s:s*, s:s*}", "id", passkey->id,
                     "count", (json_int_t) passkey->count, "verified",
                     passkey->verified, "eligible", passkey->eligible,
                     "backed_up", passkey->backed_up, "user",
                     *passkey->user ? passkey->user : NULL, "key",
                     *passkey->key ? passkey->key : NULL);
}


static ngx_int_t
ngx_http_sluice_passkey_read(ngx_http_request_t *r,
                             ngx_http_sluice_need_t *need, const json_t *json,
                             ngx_uint_t take)
{
    json_t *told;
    ngx_uint_t new = take &NGX_HTTP_SLUICE_NEED_PASSKEY_NEW, ours;
    const char *why, *field = "";
    webauthn_t *passkey;
    const webauthn_site_t *site = ngx_http_sluice_passkey_site(r);

    if (site == NULL) {
        return ngx_http_sluice_problem(
            r, SLUICE_CONFLICT, "Passkeys are not taken on this server.", NULL);
    }

    passkey = ngx_palloc(r->pool, sizeof(webauthn_t));
    if (passkey == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    why = new ? webauthn_read_new(json, site, passkey, &field)
              : webauthn_read_shown(json, site, passkey, &field);

    if (why) {
        return ngx_http_sluice_passkey_refuse(r, why, field);
    }

    told = ngx_http_sluice_passkey_told(passkey);

    if (json_object_set_new(need->facts, "passkey", told) != 0
        || (new &&json_object_set_new(told, "transports",
                                      webauthn_transports(json))
            != 0)) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ours = take & NGX_HTTP_SLUICE_NEED_PASSKEY_HALF
               ? ngx_http_sluice_passkey_is_half(need, passkey)
               : ngx_http_sluice_passkey_is_offer(r, passkey, take, told);

    if (!ours) {
        return ngx_http_sluice_passkey_over(r);
    }

    need->passkey = passkey;

    return new
                   || json_array_append_new(
                          json_object_get(need->facts, "brought"),
                          json_string("passkey"))
                          == 0
               ? NGX_DECLINED
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


ngx_int_t
ngx_http_sluice_passkey_take(ngx_http_request_t *r,
                             ngx_http_sluice_need_t *need, json_t *args,
                             ngx_uint_t take)
{
    json_t *json;
    ngx_int_t rc;

    json = json_object_get(args, "passkey");

    if (json == NULL) {
        return NGX_DECLINED;
    }

    rc = ngx_http_sluice_passkey_read(r, need, json, take);
    (void) json_object_del(args, "passkey");

    return rc;
}


static void
ngx_http_sluice_passkey_met(ngx_http_request_t *r, void *data)
{
    ngx_http_sluice_passkey_t *passkey = data;

    passkey->need->met(r, passkey->need);
}


/* NGX_DECLINED: that is done; NGX_DONE: Redis counts it, behind which comes
   met(). */

static ngx_int_t
ngx_http_sluice_passkey_look(ngx_http_request_t *r,
                             ngx_http_sluice_passkey_t *passkey)
{
    int right;

    right = passkey->key
            && webauthn_verify(passkey->need->passkey, passkey->key);

    if (json_object_set_new(passkey->need->facts, "signed", json_boolean(right))
        != 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (passkey->throttle.go == NULL) {
        return NGX_DECLINED;
    }

    if (right) {
        ngx_http_sluice_throttle_right(r, &passkey->throttle);
        return NGX_DECLINED;
    }

    return ngx_http_sluice_throttle_wrong(r, &passkey->throttle);
}


/* Redis lets it be looked at. */

static void
ngx_http_sluice_passkey_go(ngx_http_request_t *r, void *data)
{
    ngx_int_t rc;
    ngx_http_sluice_passkey_t *passkey = data;

    rc = ngx_http_sluice_passkey_look(r, passkey);

    if (rc == NGX_DECLINED) {
        passkey->need->met(r, passkey->need);

    } else if (rc != NGX_DONE) {
        ngx_http_sluice_finish(r, rc);
    }
}


ngx_int_t
ngx_http_sluice_passkey_verify(ngx_http_request_t *r,
                               ngx_http_sluice_need_t *need, json_t *wants)
{
    ngx_int_t rc;
    const char *account;
    ngx_http_sluice_passkey_t *passkey;

    passkey = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_passkey_t));

    if (passkey == NULL || need->passkey == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    account = json_string_value(json_object_get(wants, "account"));
    passkey->key = json_string_value(json_object_get(wants, "passkey"));
    passkey->need = need;

    if (account == NULL) {
        return ngx_http_sluice_passkey_look(r, passkey);
    }

    passkey->throttle.passkey = 1;
    passkey->throttle.go = ngx_http_sluice_passkey_go;
    passkey->throttle.told = ngx_http_sluice_passkey_met;
    passkey->throttle.data = passkey;

    rc = ngx_http_sluice_throttle(r, &passkey->throttle, account);

    return rc != NGX_DECLINED ? rc : ngx_http_sluice_passkey_look(r, passkey);
}


ngx_int_t
ngx_http_sluice_passkey_offer(ngx_http_request_t *r,
                              ngx_http_sluice_need_t *need, json_t *wants)
{
    char text[OFFER_SIZE];
    offer_t offer;
    ngx_uint_t i;
    json_int_t since;
    const char *what, *of;
    const webauthn_site_t *site = ngx_http_sluice_passkey_site(r);
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    if (site == NULL
        || json_unpack(wants, "{s:s, s:s, s:I}", "offer", &what, "of", &of,
                       "since", &since)
               != 0
        || ngx_strlen(of) != UUID_TEXT_LEN) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < NGX_HTTP_SLUICE_PASSKEY_OFFERS; i++) {
        if (ngx_strcmp(what, ngx_http_sluice_passkey_offers[i].name) == 0) {
            break;
        }
    }

    if (i == NGX_HTTP_SLUICE_PASSKEY_OFFERS) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    offer.what = ngx_http_sluice_passkey_offers[i].what;
    offer.since = since;
    ngx_memcpy(offer.of, of, UUID_TEXT_SIZE);

    return offer_write(sscf->keys, ngx_http_sluice_signer(), &offer, text) == 0
                   && json_object_set_new(
                          need->facts, "offer",
                          json_pack("{s:s, s:s, s:i}", "challenge", text, "rp",
                                    site->rp, "timeout", 1000 * OFFER_LIFE))
                          == 0
               ? NGX_DECLINED
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
}
