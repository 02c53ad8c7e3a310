#include <string.h>
#include <stdlib.h>
#include "core/jose/claim.h"
#include "core/jose/jwt.h"
#include "access.h"

static const char *const role_names[] = { [ROLE_NONE] = "none",
                                          [ROLE_ENROLLING] = "enrolling",
                                          [ROLE_VIEWER] = "viewer",
                                          [ROLE_EDITOR] = "editor",
                                          [ROLE_ADMIN] = "admin" };

static const struct {
    unsigned bit;
    const char *word;
} amr_words[] = { { ACCESS_PWD, "pwd" },   { ACCESS_OTP, "otp" },
                  { ACCESS_HWK, "hwk" },   { ACCESS_SWK, "swk" },
                  { ACCESS_USER, "user" }, { ACCESS_MFA, "mfa" } };

#define AMR_WORDS (sizeof(amr_words) / sizeof(amr_words[0]))


role_t
role_from_name(const char *name, size_t len)
{
    role_t role;

    for (role = ROLE_VIEWER; role <= ROLE_ADMIN; role++) {
        if (strlen(role_names[role]) == len
            && memcmp(role_names[role], name, len) == 0) {
            return role;
        }
    }

    return ROLE_NONE;
}


const char *
role_name(role_t role)
{
    return ((unsigned) role <= ROLE_ADMIN) ? role_names[role]
                                           : role_names[ROLE_NONE];
}


unsigned
access_amr(const char *word)
{
    size_t i;

    for (i = 0; i < AMR_WORDS; i++) {
        if (strcmp(amr_words[i].word, word) == 0) {
            return amr_words[i].bit;
        }
    }

    return 0;
}


int
access_audience(const json_t *aud, const char *audience)
{
    const json_t *item;
    size_t i;
    int found;

    if (!json_is_array(aud)) {
        return claim_is(aud, audience);
    }

    found = 0;

    for (i = 0; i < json_array_size(aud); i++) {
        item = json_array_get(aud, i);

        if (!json_is_string(item)) {
            return 0;
        }

        found |= claim_is(item, audience);
    }

    return found;
}


static int
read_uuid(const json_t *claims, const char *name, char uuid[UUID_TEXT_SIZE])
{
    const json_t *claim;

    claim = json_object_get(claims, name);

    if (!json_is_string(claim)
        || !uuid_valid(json_string_value(claim), json_string_length(claim))) {
        return -1;
    }

    memcpy(uuid, json_string_value(claim), UUID_TEXT_SIZE);

    return 0;
}


/* What a token may say, and nobody is given. */
static role_t
read_role(const json_t *role)
{
    return claim_is(role, role_names[ROLE_ENROLLING])
               ? ROLE_ENROLLING
               : role_from_name(json_string_value(role),
                                json_string_length(role));
}


sluice_status_t
access_parse(const json_t *claims, const char *issuer, const char *audience,
             access_t *access)
{
    const json_t *role, *jti;

    role = json_object_get(claims, "role");
    jti = json_object_get(claims, "jti");
    access->nbf = 0;
    access->foreign = 0;
    access->auth_time = 0;
    access->amr = 0;
    access->service = 0;
    access->scopes = SCOPE_NONE;

    if (!claim_is(json_object_get(claims, "iss"), issuer)
        || !access_audience(json_object_get(claims, "aud"), audience)
        || !json_is_string(role) || !json_is_string(jti)
        || json_string_length(jti) == 0
        || read_uuid(claims, "sub", access->sub) != 0
        || read_uuid(claims, "sid", access->sid) != 0
        || claim_time(claims, "iat", &access->iat) != 1
        || claim_time(claims, "exp", &access->exp) != 1
        || claim_time(claims, "nbf", &access->nbf) == -1
        || claim_time(claims, "auth_time", &access->auth_time) == -1) {
        return SLUICE_TOKEN_INVALID;
    }

    access->role = read_role(role);

    return (access->role != ROLE_NONE) ? SLUICE_OK : SLUICE_TOKEN_INVALID;
}


sluice_status_t
access_decide(const access_t *access, role_t least, int64_t now)
{
    if (now >= access->exp) {
        return SLUICE_TOKEN_EXPIRED;
    }

    if (now < access->nbf) {
        return SLUICE_TOKEN_INVALID;
    }

    return (access->role >= least)            ? SLUICE_OK
           : (access->role == ROLE_ENROLLING) ? SLUICE_SECOND_FACTOR_REQUIRED
                                              : SLUICE_ROLE_TOO_LOW;
}


sluice_status_t
access_fresh(const access_t *access, int64_t most, int64_t now)
{
    return (access->auth_time > 0 && now - access->auth_time <= most)
               ? SLUICE_OK
               : SLUICE_AUTHENTICATION_TOO_OLD;
}


sluice_status_t
access_scope(const access_t *access, unsigned scopes)
{
    return (!access->service || (access->scopes & scopes) != 0)
               ? SLUICE_OK
               : SLUICE_SCOPE_MISSING;
}


int64_t
access_link_iat(const access_t *access, int64_t now)
{
    return access->foreign && access->iat > 0 && access->iat < now ? access->iat
                                                                   : now;
}


/* 0; -1 without memory. */
static int
add_authentication(json_t *claims, const access_t *access)
{
    size_t i;
    json_t *amr;

    amr = json_array();

    for (i = 0; i < AMR_WORDS; i++) {
        if (access->amr & amr_words[i].bit) {
            (void) json_array_append_new(amr, json_string(amr_words[i].word));
        }
    }

    return json_object_update_new(
        claims, json_pack("{s:I, s:o, s:s}", "auth_time",
                          (json_int_t) access->auth_time, "amr", amr, "acr",
                          (access->amr & ACCESS_MFA) ? "aal2" : "aal1"));
}


char *
access_sign(const jwk_set_t *keys, unsigned nth, const char *issuer,
            const char *audience, const access_t *access)
{
    json_t *claims;
    char jti[UUID_TEXT_SIZE];
    char *text, *token;

    if (access->role == ROLE_NONE || uuid_v7(jti) != 0) {
        return NULL;
    }

    claims = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "iss",
                       issuer, "aud", audience, "sub", access->sub, "sid",
                       access->sid, "role", role_name(access->role), "iat",
                       (json_int_t) access->iat, "exp",
                       (json_int_t) access->exp, "jti", jti);
    if (claims == NULL) {
        return NULL;
    }

    token = NULL;

    text = (access->auth_time == 0 || add_authentication(claims, access) == 0)
               ? json_dumps(claims, JSON_COMPACT)
               : NULL;
    if (text != NULL) {
        token = jwt_sign(keys, &jwt_access, nth, text, strlen(text));
    }

    free(text);
    json_decref(claims);

    return token;
}
