#include "ngx_http_sluice_challenge.h"

#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/zone/ngx_http_sluice_signer.h"
#include "core/account/challenge.h"
#include "core/base/status.h"


/* NGX_ERROR when the record says something else. */

static ngx_int_t
ngx_http_sluice_challenge_read(json_t *half, challenge_t *challenge)
{
    const char *session, *user, *print;

    if (json_unpack(half, "{s:s, s:s, s:s, s:b}", "session", &session, "user",
                    &user, "print", &print, "remember", &challenge->remember)
            != 0
        || ngx_strlen(session) != UUID_TEXT_LEN
        || ngx_strlen(user) != UUID_TEXT_LEN
        || ngx_strlen(print) != CHALLENGE_PRINT_SIZE - 1) {
        return NGX_ERROR;
    }

    ngx_memcpy(challenge->session, session, UUID_TEXT_SIZE);
    ngx_memcpy(challenge->user, user, UUID_TEXT_SIZE);
    ngx_memcpy(challenge->print, print, CHALLENGE_PRINT_SIZE);

    return NGX_OK;
}


/* PublicKeyCredentialRequestOptionsJSON (WebAuthn, Level 3, 5.1.10): the
   challenge is that of the sign-in. The password was shown, so a touch is
   enough. NULL: he has no passkey. */

static json_t *
ngx_http_sluice_challenge_passkey(ngx_http_request_t *r, const char *text,
                                  json_t *allow)
{
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    return allow && sscf->passkeys.site
               ? json_pack("{s:s, s:i, s:s, s:O, s:s}", "challenge", text,
                           "timeout", 1000 * CHALLENGE_LIFE, "rpId",
                           sscf->passkeys.site->rp, "allowCredentials", allow,
                           "userVerification", "discouraged")
               : NULL;
}


ngx_int_t
ngx_http_sluice_challenge_answer(ngx_http_request_t *r, json_t *half,
                                 ngx_uint_t cookies)
{
    char text[CHALLENGE_SIZE];
    challenge_t challenge;
    ngx_http_sluice_more_t more;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    if (ngx_http_sluice_challenge_read(half, &challenge) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    challenge.expires = ngx_time() + CHALLENGE_LIFE;
    challenge.cookies = (int) cookies;

    if (challenge_write(sscf->keys, ngx_http_sluice_signer(), &challenge, text)
        != 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&more, sizeof(ngx_http_sluice_more_t));

    more.members = json_pack("{s:s, s:i, s:O*, s:o*}", "challenge", text,
                             "expires_in", CHALLENGE_LIFE, "methods",
                             json_object_get(half, "methods"), "passkey",
                             ngx_http_sluice_challenge_passkey(
                                 r, text, json_object_get(half, "passkeys")));

    return more.members ? ngx_http_sluice_problem_more(
               r, SLUICE_SECOND_FACTOR_NEEDED,
               "Show one of what \"methods\" names: a passkey, a code of your "
               "authenticator, or a recovery code.",
               NULL, &more)
                        : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


json_t *
ngx_http_sluice_challenge_facts(ngx_http_request_t *r, const ngx_str_t *text,
                                int *cookies)
{
    challenge_t challenge;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    if (challenge_read(sscf->keys, (char *) text->data, text->len, ngx_time(),
                       &challenge)
        != 0) {
        return NULL;
    }

    *cookies = challenge.cookies;

    return json_pack("{s:s, s:s, s:s, s:b, s:s%}", "session", challenge.session,
                     "user", challenge.user, "print", challenge.print,
                     "remember", challenge.remember, "text",
                     (char *) text->data, text->len);
}
