/*
 * Compact JWS, mostly with JSON claims: RFC 7515, 7519, and the advice of RFC
 * 8725: a profile fixes `alg` and `typ` beforehand, and the header only chooses
 * a key. Keys that a header brings along or points to (jwk, jku, x5c, x5u) are
 * ignored, and any crit is refused.
 */

#ifndef SLUICE_JWT_H
#define SLUICE_JWT_H

#include <stddef.h>
#include <jansson.h>
#include "jwk.h"

/* Characters of a token we look at: 500 groups are 9,000 of them, and a load
   balancer's claims up to 15,000. It is read on the stack, a few times as much;
   only shorter ones are remembered: TOKEN_TABLE_MAX. */
#define JWT_MAX_SIZE 16384

typedef enum {
    JWT_OK = 0,
    JWT_TOO_LONG,
    JWT_MALFORMED,   /* not three base64url parts, or not strict JSON */
    JWT_WRONG_TYPE,  /* typ or alg are not those of the profile or of the key,
                        the kid is missing, or there is a crit */
    JWT_UNKNOWN_KEY, /* all of the header is right, and the kid not in the set
                      */
    JWT_BAD_SIGNATURE,
    JWT_INTERNAL /* out of memory, or OpenSSL failed */
} jwt_result_t;

/* What a kind of token may look like. */
typedef struct {
    unsigned algs;           /* JWA_BIT()s */
    const char *const *typs; /* media types without "application/", compared
                                without regard to case (RFC 7515, 4.1.9); ends
                                with NULL; "" stands for none. NULL: any. We
                                sign with the first */
    int padded;       /* parts may have the '=' of RFC 4648, which then is part
                         of what is signed */
    int kid_optional; /* without one each key that fits alg is tried */
} jwt_profile_t;

extern const jwt_profile_t jwt_grant;         /* HS256, grant+jwt */
extern const jwt_profile_t jwt_access;        /* ES256 or EdDSA, at+jwt */
extern const jwt_profile_t jwt_foreign;       /* RS256, RS384, RS512, PS256,
                                                 ES256, ES384 or EdDSA; JWT,
                                                 at+jwt or none */
extern const jwt_profile_t jwt_load_balancer; /* ES256; JWT or none; padded */
extern const jwt_profile_t jws_any;           /* all algorithms, any typ,
                                                 kid_optional */

/* A token that was opened; it points into the text and the key set. */
typedef struct {
    const jwk_set_t *keys;
    const jwk_t *key; /* the one that kid names; NULL without a kid */
    jwa_t alg;
    int padded;
    json_t *header;
    const char *token, *payload, *signature;
    size_t signed_len, payload_len, signature_len;
} jwt_t;

/* A word for logs: "bad_signature". */
const char *jwt_result_word(jwt_result_t result);

/* Checks form and header and finds the key, without any cryptography. On JWT_OK
   `jwt` is to be given to jwt_close(), and `token` must stay until then;
   otherwise there is nothing to close. */
jwt_result_t jwt_open(const jwk_set_t *keys, const jwt_profile_t *profile,
                      const char *token, size_t len, jwt_t *jwt);

/* Checks the signature: JWT_OK, JWT_BAD_SIGNATURE, JWT_MALFORMED or
   JWT_INTERNAL. HS256 works in the key's own context: never from two
   threads. */
jwt_result_t jwt_check(const jwt_t *jwt);

/* Reads the claims. They mean something only after jwt_check(), or when the
   same bytes passed it before. On JWT_OK `*claims` is a new JSON object, to
   json_decref(), else NULL. */
jwt_result_t jwt_claims(const jwt_t *jwt, json_t **claims);

/* Decodes the payload, which may be anything, under the same condition. On
   JWT_OK `*bytes` is terminated and to free(), else NULL. */
jwt_result_t jwt_payload(const jwt_t *jwt, char **bytes, size_t *len);

void jwt_close(jwt_t *jwt);

/* All of it: form, header, signature, claims; the claims' meaning is the
   caller's. `*claims` as in jwt_claims(). */
jwt_result_t jwt_verify(const jwk_set_t *keys, const jwt_profile_t *profile,
                        const char *token, size_t len, json_t **claims);

/* Signs with the key of jwk_set_signer(keys, profile->algs, nth). `claims` is
   compact JSON text. Returns a terminated token to free(), or NULL without a
   key or memory, or when it would be longer than JWT_MAX_SIZE. Threads: as
   above. */
char *jwt_sign(const jwk_set_t *keys, const jwt_profile_t *profile,
               unsigned nth, const char *claims, size_t len);

#endif
