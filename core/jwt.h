/*
 * Compact JWS with JSON claims: RFC 7515, 7519, and the advice of RFC 8725:
 * the kind of token fixes `alg` and `typ` beforehand, and the header only
 * chooses a key.
 */

#ifndef SLUICE_JWT_H
#define SLUICE_JWT_H

#include <stddef.h>
#include <jansson.h>
#include "jwk.h"

#define JWT_MAX_SIZE 4096 /* characters of a token we look at */

typedef enum {
    JWT_GRANT, /* HS256, typ grant+jwt */
    JWT_ACCESS /* ES256, typ at+jwt (RFC 9068) */
} jwt_kind_t;

typedef enum {
    JWT_OK = 0,
    JWT_TOO_LONG,
    JWT_MALFORMED,   /* not three base64url parts, or not strict JSON */
    JWT_WRONG_TYPE,  /* typ or alg are not those of the kind, or a crit */
    JWT_UNKNOWN_KEY, /* no such kid for this alg */
    JWT_BAD_SIGNATURE,
    JWT_INTERNAL /* out of memory, or OpenSSL failed */
} jwt_result_t;

/* A word for logs: "bad_signature". */
const char *jwt_result_word(jwt_result_t result);

/* Checks form, header and signature of a token; the claims' meaning is the
   caller's. On JWT_OK `*claims` is a new JSON object, to json_decref(), else
   NULL. HS256 works in the key's own context: never from two threads. */
jwt_result_t jwt_verify(const jwk_set_t *keys, jwt_kind_t kind,
                        const char *token, size_t len, json_t **claims);

/* Signs with the set's first key of the kind. `claims` is compact JSON text.
   Returns a terminated token to free(), or NULL without a key or memory, or
   when it would be longer than JWT_MAX_SIZE. Threads: as above. */
char *jwt_sign(const jwk_set_t *keys, jwt_kind_t kind, const char *claims,
               size_t len);

#endif
