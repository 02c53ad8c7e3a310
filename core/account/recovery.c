#include <string.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include "core/base/base32.h"
#include "recovery.h"

#define GROUP 4 /* characters between hyphens */


int
recovery_make(char text[RECOVERY_TEXT])
{
    size_t i;
    char *p = text;
    unsigned char code[RECOVERY_SIZE];
    char letters[base32_encoded_size(RECOVERY_SIZE)];

    if (RAND_bytes(code, sizeof(code)) != 1) {
        return -1;
    }

    (void) base32_encode(letters, code, sizeof(code));

    for (i = 0; i < sizeof(letters); i++) {
        if (i > 0 && i % GROUP == 0) {
            *p++ = '-';
        }
        *p++ = letters[i];
    }

    *p = '\0';
    OPENSSL_cleanse(code, sizeof(code));
    OPENSSL_cleanse(letters, sizeof(letters));

    return 0;
}


size_t
recovery_read(const char *text, size_t len, unsigned char code[RECOVERY_SIZE])
{
    ssize_t size;

    size = len <= RECOVERY_TEXT_MAX
               ? base32_decode(code, RECOVERY_SIZE, text, len)
               : -1;

    return size == RECOVERY_SIZE || size == RECOVERY_SHORT ? (size_t) size : 0;
}


void
recovery_digest(const char *owner, const unsigned char *code, size_t size,
                unsigned char digest[SHA256_SIZE])
{
    sha256_t sha;

    sha256_init(&sha);
    sha256_update(&sha, owner, strlen(owner) + 1);
    sha256_update(&sha, code, size);
    sha256_digest(&sha, digest);
    OPENSSL_cleanse(&sha, sizeof(sha));
}
