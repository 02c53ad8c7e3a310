/*
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): 1 to 255 visible
 * characters of ASCII, in quotes as the draft writes it, or bare as most
 * clients do. Both spell the same key.
 */

#ifndef SLUICE_REQUEST_KEY_H
#define SLUICE_REQUEST_KEY_H

#include <stddef.h>
#include "core/base/sha256.h"

#define REQUEST_KEY_MAX 255 /* characters, without quotes */

/* SHA-256 of the key in a header's value, which stands for it in the record.
   0; -1 when the value is no key, and `digest` is as it was. */
int request_key_read(const char *value, size_t len,
                     unsigned char digest[SHA256_SIZE]);

#endif
