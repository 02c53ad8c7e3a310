/*
 * HMAC-SHA256 with the keys that sign grants, for what is neither a grant nor
 * any other JWS: each use has a label of its own. What is signed as a token
 * starts with a base64url character (RFC 7515, 5.1), a label with a blank, and
 * none is the beginning of another with what follows it.
 */

#ifndef SLUICE_MAC_H
#define SLUICE_MAC_H

#include <stddef.h>
#include "core/jose/jwk.h"

#define MAC_SIZE 32

/* Over the label and the bytes behind it. 0; -1 when the key is no HS256 key,
   or OpenSSL failed. Threads: as jwt_sign(). */
int mac_make(const jwk_t *key, const char *label, const void *bytes, size_t len,
             unsigned char mac[MAC_SIZE]);

/* 1 when any HS256 key of the set has made it; compared in constant time. */
int mac_genuine(const jwk_set_t *keys, const char *label, const void *bytes,
                size_t len, const unsigned char mac[MAC_SIZE]);

#endif
