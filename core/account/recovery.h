/*
 * Recovery codes: a second factor on paper, for who has lost the first one.
 *
 * A code is 120 random bits as base32 in groups of four,
 * "ABCD-EFGH-IJKL-MNOP-QRST-UVWX". What is kept of it is its SHA-256 beside
 * whose it is: from 112 bits on no hash for passwords is needed (NIST SP
 * 800-63B, 5.1.2.2). Codes of before have 80 bits, and are read as well.
 */

#ifndef SLUICE_RECOVERY_H
#define SLUICE_RECOVERY_H

#include <stddef.h>
#include "core/base/sha256.h"

#define RECOVERY_CODES 10 /* of a user */
#define RECOVERY_SIZE 15  /* bytes */
#define RECOVERY_SHORT 10 /* of before */
#define RECOVERY_TEXT 30  /* characters with hyphens, terminated */
#define RECOVERY_TEXT_MAX 64

/* A new code as text, terminated. 0; -1 when the random source failed. */
int recovery_make(char text[RECOVERY_TEXT]);

/* The bytes of a code as people write it, in small letters or capitals, with
   blanks or hyphens wherever they like. How many there are, RECOVERY_SIZE or
   RECOVERY_SHORT; 0 when it is none. */
size_t recovery_read(const char *text, size_t len,
                     unsigned char code[RECOVERY_SIZE]);

/* What the record keeps of the code of `owner`, an id: of its `size` bytes. */
void recovery_digest(const char *owner, const unsigned char *code, size_t size,
                     unsigned char digest[SHA256_SIZE]);

#endif
