/* Signatures as a compact JWS holds them: RFC 7518, section 3, RFC 8037. */

#ifndef SLUICE_JWS_H
#define SLUICE_JWS_H

#include <stddef.h>
#include <sys/types.h>
#include "jwk.h"

#define JWS_SIGNATURE_MAX 1024 /* bytes: RSA with 8192 bits */

/* 1 when it is the signature of `text` by a key that fits `alg`, 0 when not,
   -1 when OpenSSL failed or memory ran out. Leaves OpenSSL's error queue empty.
   HS256 works in the key's own context: never from two threads. */
int jws_verify(const jwk_t *key, jwa_t alg, const char *text, size_t len,
               const unsigned char *signature, size_t signature_len);

/* Signs `text` with HS256, ES256, ES384 or EdDSA. The signature's size, or -1.
   Queue and threads: as above. */
ssize_t jws_sign(const jwk_t *key, jwa_t alg, const char *text, size_t len,
                 unsigned char signature[JWS_SIGNATURE_MAX]);

#endif
