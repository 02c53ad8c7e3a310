/*
 * Password hashes: argon2id with OWASP's parameters (19 MiB, 2 passes, 1 lane)
 * in PHC string format. One hash takes some 40 ms: never on nginx's loop.
 */

#ifndef SLUICE_PASSWORD_H
#define SLUICE_PASSWORD_H

#include <stddef.h>

#define PASSWORD_HASH_SIZE 128 /* bytes of a PHC string with terminator */
#define PASSWORD_MIN_SIZE 8
#define PASSWORD_MAX_SIZE 1024 /* bytes; bounds the work of a hostile login */

/* Hashes with a fresh 16-byte salt. 0, or -1 when memory or the random source
   failed, or the password is over PASSWORD_MAX_SIZE. */
int password_hash(char hash[PASSWORD_HASH_SIZE], const char *password,
                  size_t len);

/* 1 when the password fits the PHC string, 0 when not, -1 when the hash is not
   one we know or memory is short. `hash` is terminated. A password over
   PASSWORD_MAX_SIZE fits none and costs nothing. */
int password_verify(const char *hash, const char *password, size_t len);

/* The work of password_verify() against a hash nobody has: for unknown users,
   so that the time of the answer tells nothing. Always 0. */
int password_verify_nobody(const char *password, size_t len);

#endif
