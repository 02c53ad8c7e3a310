/*
 * Keys, one by one and as a JWK Set: RFC 7517, 7518 and 8037.
 *
 * kty oct for HS256, EC on P-256 for ES256 and on P-384 for ES384, OKP on
 * Ed25519 for EdDSA, RSA for RS256, RS384, RS512 and PS256.
 */

#ifndef SLUICE_JWK_H
#define SLUICE_JWK_H

#include <stddef.h>
#include <openssl/evp.h>
#include "jwa.h"

#define JWK_KID_MAX 128        /* characters of a kid */
#define JWK_THUMBPRINT_SIZE 32 /* SHA-256 */

/* Where a set comes from, and so what it may hold. Refused everywhere:
   duplicate members, two keys of one kid for one algorithm, a "key_ops" that
   names something twice, an HS256 secret under 32 bytes, a point off its curve
   or of small order, a private half that does not fit the public one, an RSA
   modulus under 2048 or over 8192 bits, even, with a small factor, or with the
   fingerprint of CVE-2017-15361 (ROCA), and an RSA exponent that is even, under
   3 or over 2^32. */
typedef enum {
    /* Our own file: secrets and private halves are welcome (an RSA key only
       verifies). "kid" and "alg" are required; what we do not know, or what is
       not meant for signatures, is refused. */
    JWK_OWN,
    /* What somebody else publishes: one secret or private half, and all of it
       is refused. "kid" is required, "alg" is not: the key then fits each
       algorithm of its kty. Keys for encryption, those whose kty, crv or alg
       we do not know, and those that would be refused are left out one by one
       (RFC 7517, section 5); where no key is left of a set that has some of
       the last, it is refused. One kid may stand for keys of several
       algorithms (4.5). */
    JWK_PUBLIC,
    /* As JWK_PUBLIC, but with secrets and private halves, and "kid" may be
       missing. A secret beside a key whose private half is elsewhere is
       refused: one of the two was not meant for this file. */
    JWK_ANY
} jwk_origin_t;

typedef struct {
    char *kid; /* terminated; NULL when there is none */
    size_t kid_len;
    unsigned
        algs; /* JWA_BIT()s of what it verifies; one bit if "alg" says so */
    unsigned char thumbprint[JWK_THUMBPRINT_SIZE]; /* RFC 7638; one of an `oct`
                                                      key is never shown */
    EVP_MAC_CTX *mac; /* oct: keyed and ready; callers use EVP_MAC_init(ctx,
                         NULL, 0, NULL) to start over with the same key */
    EVP_PKEY *pkey;   /* the others */
    int private;      /* `pkey` has the private half */
    int signs;        /* it may sign: has what it takes, "key_ops" permits it */
    char *grant_header; /* oct with a kid: the whole first part of a grant, the
                           base64url of {"alg":"HS256","typ":"grant+jwt",
                           "kid":"..."}; NULL for others */
    size_t grant_header_len;
} jwk_t;

typedef struct jwk_set_s jwk_set_t;

/* Parses a JWK Set of at most 64 KiB and 64 keys. A kid has 1 to JWK_KID_MAX
   printable ASCII characters, in our own sets none of them a space, quote or
   backslash. On failure returns NULL and writes a sentence that names key and
   member, but quotes no secret, into `err`. */
jwk_set_t *jwk_set_parse(const char *json, size_t len, jwk_origin_t origin,
                         char *err, size_t err_size);

/* The same from a regular file. Under JWK_OWN one that group or others may
   read or write is refused, since a set that signs is a secret. */
jwk_set_t *jwk_set_read(const char *path, jwk_origin_t origin, char *err,
                        size_t err_size);

/* Wipes and frees; NULL is fine. */
void jwk_set_free(jwk_set_t *set);

/* Of the keys that were left out though we know their kind, the i-th with what
   is wrong with it, in a sentence as of jwk_set_parse(); NULL behind the last.
   It holds as long as the set. */
const char *jwk_set_left_out(const jwk_set_t *set, size_t i);

/* The keys in the set's order; the pointer holds as long as the set. */
size_t jwk_set_count(const jwk_set_t *set);
const jwk_t *jwk_set_key(const jwk_set_t *set, size_t i);

/* The first key with this kid (RFC 7515, 4.1.4), or NULL. */
const jwk_t *jwk_set_kid(const jwk_set_t *set, const char *kid, size_t kid_len);

/* The one that is meant for `alg`, or NULL: an EC key is never found for
   HS256. */
const jwk_t *jwk_set_find(const jwk_set_t *set, const char *kid, size_t kid_len,
                          jwa_t alg);

/* Of the keys that sign with one of `algs`: 0 the first, 1 the one behind it,
   and so on; the last when there are not that many, NULL when there is none. */
const jwk_t *jwk_set_signer(const jwk_set_t *set, unsigned algs, unsigned nth);

/* A new set of our own: one HS256 key, and one for access tokens, `alg` being
   JWA_ES256 or JWA_EDDSA; kids are a date and random bytes. JSON text to wipe
   and free(), or NULL when the random source or memory failed. */
char *jwk_set_generate(jwa_t alg);

/* The text of our own set with two new keys in front: HS256, and of the kind
   that signs access tokens so far, else ES256. JSON text to wipe and free(),
   or NULL, then `err` tells why. */
char *jwk_set_rotate(const char *json, size_t len, char *err, size_t err_size);

/* The same with the new keys behind all others and "key_ops" of ["verify"]:
   they sign nothing until jwk_set_promote() takes that away and puts them in
   front. That one fails when none waits. */
char *jwk_set_add(const char *json, size_t len, char *err, size_t err_size);
char *jwk_set_promote(const char *json, size_t len, char *err, size_t err_size);

/* The text of our own set without the key of this kid. NULL also when there is
   none, or when it is the last one that signs grants, or access tokens. */
char *jwk_set_remove(const char *json, size_t len, const char *kid, char *err,
                     size_t err_size);

/* The public halves only, as a JWK Set in JSON; free() it. */
char *jwk_set_public(const jwk_set_t *set);

/* One public key as a JWK in JSON, under this kid; free() it. NULL for an
   `oct` key, or without memory. */
char *jwk_public_json(const jwk_t *key, const char *kid);

/* A public key as PEM, "BEGIN PUBLIC KEY" (RFC 7468, section 13), the only one
   in the text: RSA or EC on P-256, under the conditions above. It has no kid.
   NULL on failure, then `err` tells why. */
jwk_t *jwk_from_pem(const char *pem, size_t len, char *err, size_t err_size);

/* For the key of jwk_from_pem(); NULL is fine. */
void jwk_free(jwk_t *key);

#endif
