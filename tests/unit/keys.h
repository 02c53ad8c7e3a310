/* Keys that tests sign with: those of RFC 7515, A.1 and A.3. */

#ifndef TEST_KEYS_H
#define TEST_KEYS_H

#include <string.h>
#include <check.h>
#include <openssl/evp.h>
#include "core/jose/base64url.h"
#include "core/jose/jwk.h"

#define KEYS_SECRET                                                           \
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgU" \
    "uTwjAzZr1Z9CAow"
#define KEYS_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define KEYS_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define KEYS_D "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"

#define KEYS_OCT                                                         \
    "{\"kty\":\"oct\",\"kid\":\"a1\",\"alg\":\"HS256\",\"use\":\"sig\"," \
    "\"k\":\"" KEYS_SECRET "\"}"
#define KEYS_EC_START                                                     \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a3\",\"alg\":\"ES256\"," \
    "\"x\":\"" KEYS_X "\",\"y\":\"" KEYS_Y "\""
#define KEYS_EC KEYS_EC_START ",\"d\":\"" KEYS_D "\"}"
#define KEYS_EC_PUBLIC KEYS_EC_START "}"

#define KEYS_BOTH "{\"keys\":[" KEYS_OCT "," KEYS_EC "]}"


static inline jwk_set_t *
keys_parse_as(const char *json, jwk_origin_t origin)
{
    char err[256] = "";
    jwk_set_t *set;

    set = jwk_set_parse(json, strlen(json), origin, err, sizeof(err));
    ck_assert_msg(set != NULL, "%s", err);

    return set;
}


static inline jwk_set_t *
keys_parse(const char *json)
{
    return keys_parse_as(json, JWK_OWN);
}


/* Expects a refusal whose message holds both words. */
static inline void
keys_refused(const char *json, jwk_origin_t origin, const char *key,
             const char *why)
{
    char err[256] = "";
    jwk_set_t *set;

    set = jwk_set_parse(json, strlen(json), origin, err, sizeof(err));
    ck_assert_msg(set == NULL, "taken in spite of: %s", why);
    ck_assert_msg(strstr(err, key) != NULL && strstr(err, why) != NULL,
                  "'%s' lacks '%s' or '%s'", err, key, why);
    jwk_set_free(set);
}


/* How many keys of the set are of use to others. */
static inline size_t
keys_count(const char *json, jwk_origin_t origin)
{
    jwk_set_t *set = keys_parse_as(json, origin);
    size_t count = jwk_set_count(set);

    jwk_set_free(set);

    return count;
}


/* A token with any header and payload, signed with the secret of A.1: what a
   stranger cannot make, but a careless holder of the key can. Terminated,
   to free(). */
static inline char *
keys_forge(const char *header, size_t header_len, const char *payload,
           size_t payload_len)
{
    unsigned char secret[64], mac[32];
    char *token, *p;
    size_t n;

    token = malloc(base64url_encoded_size(header_len)
                   + base64url_encoded_size(payload_len) + 64);
    ck_assert_ptr_nonnull(token);

    p = token;
    p += base64url_encode(p, header, header_len);
    *p++ = '.';
    p += base64url_encode(p, payload, payload_len);

    ck_assert_int_eq(
        base64url_decode(secret, KEYS_SECRET, sizeof(KEYS_SECRET) - 1), 64);
    ck_assert_ptr_nonnull(
        EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret, sizeof(secret),
                  (const unsigned char *) token, (size_t) (p - token), mac,
                  sizeof(mac), &n));
    *p++ = '.';
    p += base64url_encode(p, mac, sizeof(mac));
    *p = '\0';

    return token;
}

#endif
