/*
 * What the files of jwk_* share, in the order in which they know each other:
 * jwk_part.c, jwk_curve.c and jwk_members.c help a file for each kty, with
 * which jwk.c reads one key and jwk_pem.c another; jwk_set.c reads sets,
 * jwk_write.c and jwk_edit.c make them.
 */

#ifndef SLUICE_JWK_INTERNAL_H
#define SLUICE_JWK_INTERNAL_H

#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/param_build.h>
#include "jwk.h"

#define JWK_SET_MAX_SIZE (64 * 1024)
#define JWK_SET_MAX_KEYS 64
#define JWK_HS256_MIN_SIZE 32 /* RFC 7518, 3.2: no shorter than the hash */
#define JWK_P256_SIZE 32      /* of a coordinate and of a private key */
#define JWK_P384_SIZE 48
#define JWK_ED25519_SIZE 32
#define JWK_RSA_MAX_BITS 8192
#define JWK_RSA_MAX_SIZE (JWK_RSA_MAX_BITS / 8)

struct jwk_set_s {
    size_t count;
    size_t left_count;
    char **left; /* why keys were left out */
    jwk_t keys[];
};


/* ---- jwk_part.c ---- */

/* Where a complaint goes, and which key it is about. */
typedef struct {
    char *text;
    size_t size;
    char key[JWK_KID_MAX + 16];
} jwk_complaint_t;

/* Writes the sentence; -1, for callers to return. */
int jwk_complain(jwk_complaint_t *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Decodes a member of `min` to `max` bytes; the size, or -1. */
ssize_t jwk_read_bytes(const json_t *item, const char *name, unsigned char *dst,
                       size_t min, size_t max, jwk_complaint_t *err);

/* A key of OpenSSL from its parameters; EVP_PKEY_PUBLIC_KEY or _KEYPAIR. NULL
   when they do not fit together, or memory is short. */
EVP_PKEY *jwk_build_pkey(const char *type, OSSL_PARAM_BLD *bld, int selection);

/* The name of a member that only who signs may know, or NULL. */
const char *jwk_secret(const json_t *item);

/* Overwrites the secrets of a key, or of a set, in JSON before it is given
   back: jansson gives its memory back as it is. */
void jwk_wipe(json_t *item);
void jwk_set_wipe(json_t *root);

/* Frees what a key holds, but not `key`, which is all zeros afterwards. */
void jwk_clear(jwk_t *key);


/* ---- jwk_curve.c ---- */

/* The curve of a key, and what signs on it. */
typedef struct {
    const char *crv;   /* in a JWK */
    const char *group; /* in OpenSSL, and in PEM */
    size_t size;       /* of a coordinate */
    jwa_t alg;
} jwk_curve_t;

/* NULL for what is no name of a curve that we know, or NULL. */
const jwk_curve_t *jwk_curve(const char *crv);
const jwk_curve_t *jwk_curve_of(const EVP_PKEY *pkey);


/* ---- jwk_members.c ---- */

/* A new string in base64url each, or NULL: bytes; one number of a key, with
   zeros in front up to `size` (RFC 7518, 6.2.1.2), for 0 as short as it goes;
   what `get` takes out of an Ed25519 key. */
typedef int (*jwk_raw_t)(const EVP_PKEY *pkey, unsigned char *bytes,
                         size_t *len);
json_t *jwk_json_bytes(const unsigned char *bytes, size_t len);
json_t *jwk_json_number(const EVP_PKEY *pkey, const char *param, size_t size);
json_t *jwk_json_raw(const EVP_PKEY *pkey, jwk_raw_t get);

/* The members that RFC 7638, 3.2 names for the key, with the public half; a
   new object, or NULL. */
json_t *jwk_members(const EVP_PKEY *pkey);

/* Fills in the thumbprint (RFC 7638) of these members, or of the ones of a key;
   0, or -1. */
int jwk_thumbprint(json_t *members, unsigned char digest[JWK_THUMBPRINT_SIZE]);
int jwk_thumbprint_of(const EVP_PKEY *pkey,
                      unsigned char digest[JWK_THUMBPRINT_SIZE]);


/* ---- jwk_oct.c, jwk_ec.c, jwk_okp.c, jwk_rsa.c ---- */

/* Each reads the key material of `item` into `key`, whose `algs` are those that
   "alg" leaves. 0, or -1 after a complaint. */
int jwk_oct_read(const json_t *item, jwk_t *key, jwk_complaint_t *err);
int jwk_ec_read(const json_t *item, jwk_t *key, jwk_complaint_t *err);
int jwk_okp_read(const json_t *item, jwk_t *key, jwk_complaint_t *err);
int jwk_rsa_read(const json_t *item, jwk_t *key, jwk_complaint_t *err);

/* 1 when the point is one of the curve, and the private half, if asked for,
   fits it. */
int jwk_ec_good(EVP_PKEY *pkey, int private);

/* What is wrong with an RSA key, or NULL when nothing is. */
const char *jwk_rsa_weakness(const BIGNUM *n, const BIGNUM *e);

/* 1 when the modulus has the fingerprint of Infineon's primes, CVE-2017-15361:
   Nemec et al., "The Return of Coppersmith's Attack", CCS 2017. */
int jwk_rsa_is_roca(const BIGNUM *n);


/* ---- jwk.c ---- */

/* Reads one key of a set. 1 when it was left out, 0 when it is ready to use,
   -1 after a complaint; what it has allocated so far is jwk_clear()'s. */
int jwk_read(const json_t *item, jwk_origin_t origin, jwk_t *key,
             jwk_complaint_t *err);


/* ---- jwk_write.c ---- */

/* A new private key as a JWK: JWA_HS256, JWA_ES256 or JWA_EDDSA. */
json_t *jwk_generate(jwa_t alg);

#endif
