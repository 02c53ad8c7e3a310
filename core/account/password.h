/*
 * Password hashes: argon2id with OWASP's parameters (19 MiB, 2 passes, 1 lane)
 * in PHC string format, and those that others have made, which are verified and
 * then replaced. One hash takes some 40 ms: never on nginx's loop.
 */

#ifndef SLUICE_PASSWORD_H
#define SLUICE_PASSWORD_H

#include <stddef.h>

#define PASSWORD_HASH_SIZE 128 /* bytes of ours, with terminator */
#define PASSWORD_ANY_SIZE 512  /* of any that is verified */
#define PASSWORD_MAX_SIZE 1024 /* bytes; bounds the work of a hostile login */

/* Hashes with a fresh 16-byte salt. 0, or -1 when memory or the random source
   failed, or the password is over PASSWORD_MAX_SIZE. */
int password_hash(char hash[PASSWORD_HASH_SIZE], const char *password,
                  size_t len);

/* 1 when the password fits the hash, 0 when not, -1 when the hash is none that
   password_known() knows, or memory is short. A password over PASSWORD_MAX_SIZE
   fits none and costs nothing. */
int password_verify(const char *hash, const char *password, size_t len);

/* The work of password_verify() against a hash nobody has: for unknown users,
   so that the time of the answer tells nothing. Always 0. */
int password_verify_nobody(const char *password, size_t len);

/* 1 when the hash is as password_hash() makes them today: another one is to be
   replaced once the password is known. */
int password_is_current(const char *hash);

/* 1 when password_verify() can say something of this hash, and it takes less
   than some seconds and 128 MiB: argon2 (PHC), bcrypt ($2a$, $2b$, $2y$),
   SHA-crypt ($5$, $6$), scrypt ($7$; $scrypt$ln=, as passlib writes it),
   yescrypt ($y$), and PBKDF2 ($pbkdf2-sha256$, $pbkdf2-sha512$, $pbkdf2$, as
   passlib writes it; pbkdf2_sha256$, as Django does). */
int password_known(const char *hash);

#endif
