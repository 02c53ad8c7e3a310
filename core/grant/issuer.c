#include <stdint.h>
#include <string.h>
#include <strings.h>
#include "core/base/text.h"
#include "core/base/uuid.h"
#include "core/jose/base64url.h"
#include "core/jose/claim.h"
#include "core/jose/json_strict.h"
#include "core/jose/jwt.h"
#include "issuer.h"


/*
 * ID tokens and logout tokens are no proof for us: OpenID Connect Core, 3.1.3.6
 * and 3.3.2.11, Back-Channel Logout, 2.4. Up to version 24 Keycloak wrote a
 * nonce into access tokens as well, but its tokens say what they are.
 */
static int
is_access_token(const json_t *header, const json_t *claims)
{
    const json_t *type, *use;
    const char *typ;

    type = json_object_get(claims, "typ");
    use = json_object_get(claims, "token_use");

    if ((type != NULL
         && (!json_is_string(type)
             || strcasecmp(json_string_value(type), "Bearer") != 0))
        || (use != NULL && !claim_is(use, "access"))
        || json_object_get(claims, "events") != NULL) {
        return 0;
    }

    typ = json_string_value(json_object_get(header, "typ"));

    if (type != NULL || use != NULL
        || (typ != NULL
            && (strcasecmp(typ, "at+jwt") == 0
                || strcasecmp(typ, "application/at+jwt") == 0))) {
        return 1;
    }

    return json_object_get(claims, "nonce") == NULL
           && json_object_get(claims, "at_hash") == NULL
           && json_object_get(claims, "c_hash") == NULL;
}


/* Cognito's access tokens have no `aud`. */
static int
is_for_us(const issuer_t *issuer, const json_t *claims)
{
    return (json_object_get(claims, "token_use") != NULL)
               ? claim_is(json_object_get(claims, "client_id"),
                          issuer->audience)
               : access_audience(json_object_get(claims, "aud"),
                                 issuer->audience);
}


/* A name may have dots itself: https://media.example/roles */
static const json_t *
find_claim(const json_t *claims, const char *path)
{
    const json_t *claim, *inner;
    const char *dot;

    claim = json_object_get(claims, path);

    for (dot = strchr(path, '.'); claim == NULL && dot != NULL;
         dot = strchr(dot + 1, '.')) {
        inner = json_object_getn(claims, path, (size_t) (dot - path));

        if (json_is_object(inner)) {
            claim = find_claim(inner, dot + 1);
        }
    }

    return claim;
}


static role_t
role_of(const issuer_t *issuer, const char *group, size_t len)
{
    if (strlen(issuer->admin) == len
        && memcmp(issuer->admin, group, len) == 0) {
        return ROLE_ADMIN;
    }

    return (strlen(issuer->editor) == len
            && memcmp(issuer->editor, group, len) == 0)
               ? ROLE_EDITOR
               : ROLE_VIEWER;
}


static role_t
highest_role(const issuer_t *issuer, const json_t *groups)
{
    const json_t *item;
    const char *p;
    size_t i, n;
    role_t role = ROLE_VIEWER, other;

    if (json_is_string(groups)) {
        for (p = json_string_value(groups); *p != '\0';
             p += n + (p[n] == ' ')) {
            n = strcspn(p, " ");
            other = role_of(issuer, p, n);
            role = (other > role) ? other : role;
        }
    }

    json_array_foreach(groups, i, item)
    {
        if (json_is_string(item)) {
            other = role_of(issuer, json_string_value(item),
                            json_string_length(item));
            role = (other > role) ? other : role;
        }
    }

    return role;
}


/* The UUID of "<url> <id>"; no URL has a blank. */
static int
derive(const issuer_t *issuer, const json_t *id, char uuid[UUID_TEXT_SIZE])
{
    char name[ISSUER_URL_MAX + 1 + ISSUER_SUB_MAX];
    size_t url_len;

    url_len = strnlen(issuer->url, ISSUER_URL_MAX);

    memcpy(name, issuer->url, url_len);
    name[url_len] = ' ';
    memcpy(name + url_len + 1, json_string_value(id), json_string_length(id));

    return uuid_v5(uuid, name, url_len + 1 + json_string_length(id));
}


static int
is_id(const json_t *id)
{
    return json_is_string(id) && json_string_length(id) > 0
           && json_string_length(id) <= ISSUER_SUB_MAX;
}


static int
read_times(const issuer_t *issuer, const json_t *header, const json_t *claims,
           access_t *access)
{
    int64_t exp;
    int found;

    found = claim_time(claims, "exp", &access->exp);

    if (issuer->signer != NULL && found != -1) {
        if (claim_time(header, "exp", &exp) != 1) {
            return -1;
        }

        access->exp = (found == 1 && access->exp < exp) ? access->exp : exp;
        found = 1;
    }

    access->iat = 0;
    access->nbf = 0;

    if (found != 1 || claim_time(claims, "iat", &access->iat) == -1
        || claim_time(claims, "nbf", &access->nbf) == -1) {
        return -1;
    }

    if (access->nbf > issuer->leeway) {
        access->nbf -= issuer->leeway;
    }

    return 0;
}


/* https://docs.aws.amazon.com/elasticloadbalancing/latest/application/
   listener-authenticate-users.html, "User claims encoding" */
static int
is_of_load_balancer(const issuer_t *issuer, const json_t *header,
                    const json_t *claims)
{
    const json_t *iss;

    iss = json_object_get(claims, "iss");

    return claim_is(json_object_get(header, "signer"), issuer->signer)
           && claim_is(json_object_get(header, "iss"), issuer->url)
           && claim_is(json_object_get(header, "client"), issuer->audience)
           && (iss == NULL || claim_is(iss, issuer->url));
}


sluice_status_t
issuer_parse(const issuer_t *issuer, const json_t *header, const json_t *claims,
             access_t *access)
{
    const json_t *sub, *sid;
    int ours;

    sub = json_object_get(claims, "sub");
    sid = json_object_get(claims, "origin_jti");
    sid = is_id(sid) ? sid : json_object_get(claims, "sid");

    ours = (issuer->signer != NULL)
               ? is_of_load_balancer(issuer, header, claims)
               : claim_is(json_object_get(claims, "iss"), issuer->url)
                     && is_access_token(header, claims)
                     && is_for_us(issuer, claims);

    if (!ours || !is_id(sub)
        || read_times(issuer, header, claims, access) != 0) {
        return SLUICE_TOKEN_INVALID;
    }

    /* OpenID Connect Core, 2; a form of its own is as good as none */

    if (claim_time(claims, "auth_time", &access->auth_time) != 1) {
        access->auth_time = 0;
    }

    access->foreign = 1;
    access->amr = 0;
    access->service = 0;
    access->scopes = SCOPE_NONE;
    access->role = highest_role(issuer,
                                find_claim(claims, issuer->roles_claim));
    access->sid[0] = '\0';

    return (derive(issuer, sub, access->sub) == 0
            && (!is_id(sid) || derive(issuer, sid, access->sid) == 0))
               ? SLUICE_OK
               : SLUICE_INTERNAL;
}


static const char *
text_of(const json_t *claims, const char *name, size_t max)
{
    const json_t *claim;

    claim = json_object_get(claims, name);

    return (json_is_string(claim) && json_string_length(claim) > 0
            && json_string_length(claim) <= max
            && text_is_clean(json_string_value(claim),
                             json_string_length(claim)))
               ? json_string_value(claim)
               : NULL;
}


/* Form alone; whether mail arrives, only a mail can tell. */
static int
is_email(const char *text)
{
    const char *at;

    at = strchr(text, '@');

    return at != NULL && at != text && strchr(at + 1, '@') == NULL
           && at[1] != '\0' && at[1] != '.'
           && strpbrk(text, " <>,;\"\\") == NULL
           && text[strlen(text) - 1] != '.';
}


/* Cognito's user info has it as a text. */
static int
is_unverified(const json_t *verified)
{
    return verified != NULL && !json_is_true(verified)
           && !claim_is(verified, "true");
}


void
issuer_person(const json_t *claims, issuer_person_t *person)
{
    person->subject = json_string_value(json_object_get(claims, "sub"));
    person->email = text_of(claims, "email", ISSUER_EMAIL_MAX);
    person->name = text_of(claims, "name", ISSUER_NAME_MAX);

    if (person->email != NULL
        && (!is_email(person->email)
            || is_unverified(json_object_get(claims, "email_verified")))) {
        person->email = NULL;
    }

    if (person->name == NULL) {
        person->name = text_of(claims, "preferred_username", ISSUER_NAME_MAX);
    }
}


/* `padded`: AWS pads the parts, RFC 7515 does not. */
static json_t *
load_part(const char *part, size_t len, int padded)
{
    char text[base64url_decoded_size(JWT_MAX_SIZE)];
    ssize_t n;

    while (padded && len > 0 && part[len - 1] == '=') {
        len--;
    }

    n = base64url_decode(text, part, len);

    return (n == -1) ? NULL : json_strict_load(text, (size_t) n, 0, NULL);
}


/* As in a JWK Set, where no text needs to be escaped in JSON. */
static int
is_kid(const json_t *kid)
{
    size_t len;

    len = json_string_length(kid);

    return len > 0 && len <= JWK_KID_MAX
           && text_is_plain(json_string_value(kid), len);
}


int
issuer_wants(const issuer_t *issuer, const char *token, size_t len,
             char kid[JWK_KID_MAX + 1])
{
    const char *payload, *signature;
    const json_t *id;
    json_t *header, *claims;
    int wants, padded;

    payload = (len <= JWT_MAX_SIZE) ? memchr(token, '.', len) : NULL;
    if (payload == NULL) {
        return 0;
    }

    payload++;
    len -= (size_t) (payload - token);

    signature = memchr(payload, '.', len);
    if (signature == NULL) {
        return 0;
    }

    padded = issuer->signer != NULL;
    header = load_part(token, (size_t) (payload - token) - 1, padded);
    claims = load_part(payload, (size_t) (signature - payload), padded);
    id = json_object_get(header, "kid");

    wants = is_kid(id)
            && (padded ? is_of_load_balancer(issuer, header, claims)
                       : claim_is(json_object_get(claims, "iss"), issuer->url));
    if (wants) {
        memcpy(kid, json_string_value(id), json_string_length(id) + 1);
    }

    json_decref(header);
    json_decref(claims);

    return wants;
}
