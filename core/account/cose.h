/*
 * An authenticator's public key: COSE (RFC 9052, 7; RFC 9053, 7) as it comes,
 * JWK as it is kept, so that what reads and checks keys here (core/jose/jwk.h)
 * reads and checks this one, too: points off their curve, small or weak RSA.
 */

#ifndef SLUICE_COSE_H
#define SLUICE_COSE_H

#include "ctap.h"

/* Of COSE's algorithms: RFC 9053, 2.1 and 2.2; RFC 8812, 2. */
#define COSE_ES256 (-7)
#define COSE_EDDSA (-8)
#define COSE_RS256 (-257)

#define COSE_RSA_MAX 1024 /* bytes of a modulus: 8192 bits, as of JWKs */
#define COSE_EXPONENT_MAX 8
#define COSE_JWK_SIZE 2048

/* Reads a key that fits one of the three algorithms, ES256 on P-256 and EdDSA
   over Ed25519 alone, and writes it as a JWK with `alg`, terminated. 0; -1 when
   it is none, or not sound. */
int cose_read(ctap_reader_t *reader, char jwk[COSE_JWK_SIZE]);

/* 1 when it is the signature of `bytes` by this JWK, of ECDSA as ASN.1 has it
   (WebAuthn, 6.5.5); 0 when not, or when the JWK is none of these. Leaves
   OpenSSL's error queue empty. */
int cose_verify(const char *jwk, const unsigned char *bytes, size_t len,
                const unsigned char *signature, size_t signature_len);

#endif
