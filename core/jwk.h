/*
 * Keys as a JWK Set: RFC 7517 and 7518. Two kinds so far: `oct` for HS256,
 * which signs grants, and EC P-256 for ES256, which signs access tokens.
 */

#ifndef SLUICE_JWK_H
#define SLUICE_JWK_H

#include <stddef.h>
#include <openssl/evp.h>

#define JWK_KID_MAX 128 /* characters of a kid */

typedef enum {
    JWA_HS256,
    JWA_ES256
} jwa_t;

typedef struct {
    char *kid; /* terminated */
    size_t kid_len;
    jwa_t alg;
    EVP_MAC_CTX *mac; /* HS256: keyed and ready; callers use EVP_MAC_init(ctx,
                         NULL, 0, NULL) to start over with the same key */
    EVP_PKEY *pkey;   /* ES256 */
    int private;      /* ES256: the set holds the private half */
} jwk_t;

typedef struct jwk_set_s jwk_set_t;

/* Parses a JWK Set of at most 64 KiB. `alg` is required of each key, and `kid`
   is 1 to JWK_KID_MAX printable ASCII characters without space, quote and
   backslash. Refuses duplicate members, duplicate or missing kids, unknown
   kty/crv/alg, a `use` other than "sig", an HS256 key under 32 bytes, a point
   off the curve, and a private half that does not fit the public one. On
   failure returns NULL and writes a sentence that names key and member into
   `err`. */
jwk_set_t *jwk_set_parse(const char *json, size_t len, char *err,
                         size_t err_size);

/* The same from a regular file; one that group or others may read or write is
   refused, since a set that signs is a secret. */
jwk_set_t *jwk_set_read(const char *path, char *err, size_t err_size);

/* Wipes and frees; NULL is fine. */
void jwk_set_free(jwk_set_t *set);

/* The key with this kid (RFC 7515, 4.1.4) if it is meant for `alg`, else NULL:
   an EC key is never found for HS256. */
const jwk_t *jwk_set_find(const jwk_set_t *set, const char *kid, size_t kid_len,
                          jwa_t alg);

/* The first key of the set that can sign with `alg`, or NULL. */
const jwk_t *jwk_set_signer(const jwk_set_t *set, jwa_t alg);

/* A new set: one HS256 and one ES256 key, kids from the date and random bytes.
   Returns JSON text to wipe and free(), or NULL when the random source or
   memory failed. */
char *jwk_set_generate(void);

/* The public halves only, as a JWK Set in JSON; free() it. */
char *jwk_set_public(const jwk_set_t *set);

#endif
