/* Codes of the second factor, as people write them, and sealed secrets, as
   somebody may have left them in the record. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/account/recovery.h"
#include "core/account/seal.h"
#include "core/account/totp.h"
#include "core/base/base32.h"
#include "keys.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
read_codes(const char *text, size_t len)
{
    int32_t code;
    size_t size;
    unsigned char bytes[RECOVERY_SIZE];

    code = totp_read(text, len);
    must(code >= -1 && code <= 999999);

    size = recovery_read(text, len, bytes);
    must(size == 0 || size == RECOVERY_SHORT || size == RECOVERY_SIZE);
    must(size == 0
         || (len >= base32_encoded_size(size) && len <= RECOVERY_TEXT_MAX));
}


static void
read_base32(const uint8_t *data, size_t size)
{
    char *text = malloc(base32_encoded_size(size) + 1);
    uint8_t *bytes = malloc(size + 1);

    must(text != NULL && bytes != NULL);
    must(base32_encode(text, data, size) == base32_encoded_size(size));
    must(base32_decode(bytes, size, text, base32_encoded_size(size))
         == (ssize_t) size);
    must(memcmp(bytes, data, size) == 0);
    free(bytes);
    free(text);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    unsigned char secret[SEAL_SECRET_MAX];
    const jwk_set_t *keys = the_keys();

    must(text != NULL && keys != NULL);
    memcpy(text, data, size);
    text[size] = '\0';

    read_codes(text, size);
    read_base32(data, size);
    must(seal_read(keys, text, "x", secret) == -1);
    (void) seal_is_current(keys, 0, text);

    free(text);

    return 0;
}
