/*
 * One-time passwords by the clock: RFC 6238, on RFC 4226. Six digits of
 * HMAC-SHA1 every 30 seconds, which is what authenticators do whatever else a
 * URI asks of them.
 */

#ifndef SLUICE_TOTP_H
#define SLUICE_TOTP_H

#include <stddef.h>
#include <stdint.h>

#define TOTP_SECRET_SIZE 20 /* bytes: RFC 4226, 4, R6 */
#define TOTP_SECRET_TEXT 33 /* as base32, terminated */
#define TOTP_STEP 30        /* seconds */
#define TOTP_TEXT_MAX 32    /* characters of a code, with what is between */

/* The code of a step, 0 to 999999; -1 when OpenSSL failed. */
int32_t totp_code(const void *secret, size_t len, uint64_t step);

/* The step that a code is of: of the one at `now` (seconds since 1970), the one
   before and the one behind it (RFC 6238, 5.2), the first that comes after the
   step `after`, since a code is taken once. -1: of none. */
int64_t totp_find(const void *secret, size_t len, int32_t code, int64_t now,
                  int64_t after);

/* A code as people write it: six digits, with blanks or hyphens wherever they
   like. -1 when it is none. */
int32_t totp_read(const char *text, size_t len);

/* A new secret. 0; -1 when the random source failed. */
int totp_make(unsigned char secret[TOTP_SECRET_SIZE]);

/* The secret as base32, for those who type it. */
void totp_secret(const unsigned char secret[TOTP_SECRET_SIZE],
                 char text[TOTP_SECRET_TEXT]);

/* otpauth://totp/<issuer>:<account>?secret=…, to wipe and free(); NULL without
   memory. Both texts are percent-encoded throughout (RFC 3986, 2.1):
   https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
char *totp_uri(const char *issuer, size_t issuer_len, const char *account,
               const unsigned char secret[TOTP_SECRET_SIZE]);

#endif
