/* ECDSA signatures, r || s (RFC 7518, 3.4) here and DER in OpenSSL. */

#ifndef SLUICE_JWS_ECDSA_H
#define SLUICE_JWS_ECDSA_H

#include <stddef.h>
#include <sys/types.h>

#define JWS_DER_MAX 128 /* bytes: an ECDSA-Sig-Value over P-384 takes 104 */

/* `size` is that of one number in bytes. The length, or -1. */
ssize_t jws_ecdsa_to_der(const unsigned char *raw, size_t size,
                         unsigned char der[JWS_DER_MAX]);
ssize_t jws_ecdsa_from_der(const unsigned char *der, size_t len, size_t size,
                           unsigned char *raw);

#endif
