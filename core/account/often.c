#include <stdlib.h>
#include <openssl/crypto.h>
#include "core/base/sha256.h"
#include "often.h"
#include "often_table.h"

#define OFTEN (sizeof(often_table) / sizeof(often_table[0]))

/* The longest of them has fewer bytes. */
#define OFTEN_BYTES 32


/* Of ASCII, whatever the locale. */
static unsigned char
often_small(char c)
{
    return (unsigned char) (c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}


static int
often_compare(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *) one, b = *(const uint32_t *) other;

    return (a > b) - (a < b);
}


int
often_chosen(const char *password, size_t len)
{
    size_t i;
    sha256_t sha;
    uint32_t print;
    unsigned char small[OFTEN_BYTES], digest[SHA256_SIZE];

    if (len > OFTEN_BYTES) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        small[i] = often_small(password[i]);
    }

    sha256_init(&sha);
    sha256_update(&sha, small, len);
    sha256_digest(&sha, digest);
    OPENSSL_cleanse(small, sizeof(small));
    OPENSSL_cleanse(&sha, sizeof(sha));

    print = (uint32_t) digest[0] << 24 | (uint32_t) digest[1] << 16
            | (uint32_t) digest[2] << 8 | digest[3];

    return bsearch(&print, often_table, OFTEN, sizeof(print), often_compare)
           != NULL;
}
