/*
 * Recovery codes: a second factor on paper, for who has lost the first one.
 *
 * A code is 80 random bits as base32 in groups of four, "ABCD-EFGH-IJKL-MNOP".
 * What is kept of it is its SHA-256 beside whose it is: no hash for passwords
 * is needed, since nobody tries 2^80 of them.
 */

#ifndef SLUICE_RECOVERY_H
#define SLUICE_RECOVERY_H

#include <stddef.h>
#include "core/base/sha256.h"

#define RECOVERY_CODES 10 /* of a user */
#define RECOVERY_SIZE 10  /* bytes */
#define RECOVERY_TEXT 20  /* characters with hyphens, terminated */
#define RECOVERY_TEXT_MAX 64

/* A new code as text, terminated. 0; -1 when the random source failed. */
int recovery_make(char text[RECOVERY_TEXT]);

/* The bytes of a code as people write it, in small letters or capitals, with
   blanks or hyphens wherever they like. 0; -1 when it is none. */
int recovery_read(const char *text, size_t len,
                  unsigned char code[RECOVERY_SIZE]);

/* What the record keeps of the code of `owner`, an id. */
void recovery_digest(const char *owner, const unsigned char code[RECOVERY_SIZE],
                     unsigned char digest[SHA256_SIZE]);

#endif
