#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base64url.h"
#include "json_strict.h"
#include "jws.h"
#include "jwt.h"

#define TYP_PREFIX "application/"

#define HEADER_MAX_SIZE 256 /* of one that we write */

static const char *const grant_typs[] = { "grant+jwt", NULL };
static const char *const access_typs[] = { "at+jwt", NULL };
static const char *const foreign_typs[] = { "JWT", "at+jwt", "", NULL };
static const char *const load_balancer_typs[] = { "JWT", "", NULL };

const jwt_profile_t jwt_grant = { JWA_BIT(JWA_HS256), grant_typs, 0, 0 };
const jwt_profile_t jwt_access = { JWA_ACCESS, access_typs, 0, 0 };
const jwt_profile_t jwt_foreign = { JWA_ACCESS | JWA_RSA | JWA_BIT(JWA_ES384),
                                    foreign_typs, 0, 0 };
const jwt_profile_t jwt_load_balancer = { JWA_BIT(JWA_ES256),
                                          load_balancer_typs, 1, 0 };
const jwt_profile_t jws_any = { JWA_BIT(JWA_COUNT) - 1, NULL, 0, 1 };

static const char *const words[] = { [JWT_OK] = "ok",
                                     [JWT_TOO_LONG] = "too_long",
                                     [JWT_MALFORMED] = "malformed",
                                     [JWT_WRONG_TYPE] = "wrong_type",
                                     [JWT_UNKNOWN_KEY] = "unknown_key",
                                     [JWT_BAD_SIGNATURE] = "bad_signature",
                                     [JWT_INTERNAL] = "internal" };


const char *
jwt_result_word(jwt_result_t result)
{
    return ((unsigned) result <= JWT_INTERNAL) ? words[result]
                                               : words[JWT_INTERNAL];
}


/* token:  header '.' payload '.' signature
           |<----- signed ----->|            */
static int
split(const char *token, size_t len, jwt_t *jwt)
{
    const char *dot;

    dot = memchr(token, '.', len);
    if (dot == NULL) {
        return -1;
    }

    jwt->token = token;
    jwt->payload = dot + 1;
    len -= (size_t) (jwt->payload - token);

    dot = memchr(jwt->payload, '.', len);
    if (dot == NULL) {
        return -1;
    }

    jwt->payload_len = (size_t) (dot - jwt->payload);
    jwt->signed_len = (size_t) (dot - token);
    jwt->signature = dot + 1;
    jwt->signature_len = len - jwt->payload_len - 1;

    return 0;
}


/* `dst` holds base64url_decoded_size(len). */
static ssize_t
decode(const jwt_t *jwt, void *dst, const char *part, size_t len)
{
    int padding = 0;

    /* RFC 4648, section 4: a group of four ends in one '=' or two */
    if (jwt->padded && len % 4 == 0) {
        while (len > 0 && padding < 2 && part[len - 1] == '=') {
            len--;
            padding++;
        }
    }

    return base64url_decode(dst, part, len);
}


static jwt_result_t
load(const jwt_t *jwt, const char *part, size_t len, json_t **json)
{
    char text[base64url_decoded_size(JWT_MAX_SIZE)];
    ssize_t n;

    *json = NULL;

    n = decode(jwt, text, part, len);
    if (n == -1) {
        return JWT_MALFORMED;
    }

    *json = json_strict_load(text, (size_t) n, 0, NULL);

    if (!json_is_object(*json)) {
        json_decref(*json);
        *json = NULL;
        return JWT_MALFORMED;
    }

    return JWT_OK;
}


static int
typ_fits(const json_t *typ, const char *const *typs)
{
    const char *text;

    if (typs == NULL) {
        return typ == NULL || json_is_string(typ);
    }

    text = (typ == NULL) ? "" : json_string_value(typ);
    if (text == NULL) {
        return 0;
    }

    if (strncasecmp(text, TYP_PREFIX, sizeof(TYP_PREFIX) - 1) == 0) {
        text += sizeof(TYP_PREFIX) - 1;
    }

    if (typ != NULL && *text == '\0') {
        return 0;
    }

    for (/* void */; *typs != NULL; typs++) {
        if (strcasecmp(text, *typs) == 0) {
            return 1;
        }
    }

    return 0;
}


/* Without a kid: is there a key that jwt_check() can try? */
static int
some_key_fits(const jwk_set_t *keys, jwa_t alg)
{
    size_t i;

    for (i = 0; i < jwk_set_count(keys); i++) {
        if (jwk_set_key(keys, i)->algs & JWA_BIT(alg)) {
            return 1;
        }
    }

    return 0;
}


static jwt_result_t
choose_key(const jwt_profile_t *profile, jwt_t *jwt)
{
    const json_t *alg, *kid, *b64;
    unsigned bit;

    alg = json_object_get(jwt->header, "alg");
    kid = json_object_get(jwt->header, "kid");
    b64 = json_object_get(jwt->header, "b64");

    bit = json_is_string(alg)
              ? jwa_bit(json_string_value(alg), json_string_length(alg))
              : 0;

    if ((bit & profile->algs) == 0
        || !typ_fits(json_object_get(jwt->header, "typ"), profile->typs)
        || json_object_get(jwt->header, "crit") != NULL
        || (b64 != NULL && !json_is_true(b64))) { /* RFC 7797, 7: in no JWT */
        return JWT_WRONG_TYPE;
    }

    jwt->alg = jwa_only(bit);

    if (kid == NULL && profile->kid_optional) {
        return some_key_fits(jwt->keys, jwt->alg) ? JWT_OK : JWT_UNKNOWN_KEY;
    }

    if (!json_is_string(kid)) {
        return JWT_WRONG_TYPE;
    }

    jwt->key = jwk_set_find(jwt->keys, json_string_value(kid),
                            json_string_length(kid), jwt->alg);
    if (jwt->key != NULL) {
        return JWT_OK;
    }

    return jwk_set_kid(jwt->keys, json_string_value(kid),
                       json_string_length(kid))
                   == NULL
               ? JWT_UNKNOWN_KEY
               : JWT_WRONG_TYPE;
}


jwt_result_t
jwt_open(const jwk_set_t *keys, const jwt_profile_t *profile, const char *token,
         size_t len, jwt_t *jwt)
{
    jwt_result_t rc;

    memset(jwt, 0, sizeof(*jwt));

    if (len > JWT_MAX_SIZE) {
        return JWT_TOO_LONG;
    }

    if (split(token, len, jwt) != 0) {
        return JWT_MALFORMED;
    }

    jwt->keys = keys;
    jwt->padded = profile->padded;

    rc = load(jwt, token, (size_t) (jwt->payload - token) - 1, &jwt->header);
    if (rc != JWT_OK) {
        return rc;
    }

    rc = choose_key(profile, jwt);
    if (rc != JWT_OK) {
        jwt_close(jwt);
    }

    return rc;
}


void
jwt_close(jwt_t *jwt)
{
    json_decref(jwt->header);
    jwt->header = NULL;
}


static jwt_result_t
check_with(const jwt_t *jwt, const jwk_t *key, const unsigned char *signature,
           size_t len)
{
    switch (jws_verify(key, jwt->alg, jwt->token, jwt->signed_len, signature,
                       len)) {
    case 1:
        return JWT_OK;

    case 0:
        return JWT_BAD_SIGNATURE;

    default:
        return JWT_INTERNAL;
    }
}


jwt_result_t
jwt_check(const jwt_t *jwt)
{
    unsigned char signature[base64url_decoded_size(JWT_MAX_SIZE)];
    const jwk_t *key;
    jwt_result_t rc = JWT_BAD_SIGNATURE;
    ssize_t n;
    size_t i;

    n = decode(jwt, signature, jwt->signature, jwt->signature_len);
    if (n == -1) {
        return JWT_MALFORMED;
    }

    if (jwt->key != NULL) {
        return check_with(jwt, jwt->key, signature, (size_t) n);
    }

    for (i = 0; i < jwk_set_count(jwt->keys) && rc == JWT_BAD_SIGNATURE; i++) {
        key = jwk_set_key(jwt->keys, i);

        if (key->algs & JWA_BIT(jwt->alg)) {
            rc = check_with(jwt, key, signature, (size_t) n);
        }
    }

    return rc;
}


jwt_result_t
jwt_claims(const jwt_t *jwt, json_t **claims)
{
    return load(jwt, jwt->payload, jwt->payload_len, claims);
}


jwt_result_t
jwt_payload(const jwt_t *jwt, char **bytes, size_t *len)
{
    ssize_t n;

    *bytes = malloc(base64url_decoded_size(jwt->payload_len) + 1);
    if (*bytes == NULL) {
        return JWT_INTERNAL;
    }

    n = decode(jwt, *bytes, jwt->payload, jwt->payload_len);
    if (n == -1) {
        free(*bytes);
        *bytes = NULL;
        return JWT_MALFORMED;
    }

    (*bytes)[n] = '\0';
    *len = (size_t) n;

    return JWT_OK;
}


jwt_result_t
jwt_verify(const jwk_set_t *keys, const jwt_profile_t *profile,
           const char *token, size_t len, json_t **claims)
{
    jwt_result_t rc;
    jwt_t jwt;

    *claims = NULL;

    rc = jwt_open(keys, profile, token, len, &jwt);
    if (rc != JWT_OK) {
        return rc;
    }

    rc = jwt_check(&jwt);
    if (rc == JWT_OK) {
        rc = jwt_claims(&jwt, claims);
    }

    jwt_close(&jwt);

    return rc;
}


/* Characters written to `dst`, which holds base64url_encoded_size() of
   HEADER_MAX_SIZE. */
static size_t
write_header(char *dst, const jwk_t *key, const jwt_profile_t *profile)
{
    char text[HEADER_MAX_SIZE];
    int len;

    if (profile == &jwt_grant) {
        memcpy(dst, key->grant_header, key->grant_header_len);
        return key->grant_header_len;
    }

    len = snprintf(text, sizeof(text), "{\"alg\":\"%s\",%s%s%s\"kid\":\"%s\"}",
                   jwa_name(jwa_only(key->algs)),
                   profile->typs ? "\"typ\":\"" : "",
                   profile->typs ? profile->typs[0] : "",
                   profile->typs ? "\"," : "", key->kid);

    return base64url_encode(dst, text, (size_t) len);
}


char *
jwt_sign(const jwk_set_t *keys, const jwt_profile_t *profile, unsigned nth,
         const char *claims, size_t len)
{
    unsigned char signature[JWS_SIGNATURE_MAX];
    char token[JWT_MAX_SIZE + 1], *p;
    const jwk_t *key;
    ssize_t n;

    key = jwk_set_signer(keys, profile->algs, nth);
    if (key == NULL || len > JWT_MAX_SIZE) {
        return NULL;
    }

    p = token + write_header(token, key, profile);

    if ((size_t) (p - token) + 1 + base64url_encoded_size(len) > JWT_MAX_SIZE) {
        return NULL;
    }

    *p++ = '.';
    p += base64url_encode(p, claims, len);

    n = jws_sign(key, jwa_only(key->algs), token, (size_t) (p - token),
                 signature);

    if (n == -1
        || (size_t) (p - token) + 1 + base64url_encoded_size((size_t) n)
               > JWT_MAX_SIZE) {
        return NULL;
    }

    *p++ = '.';
    p += base64url_encode(p, signature, (size_t) n);

    return strndup(token, (size_t) (p - token));
}
