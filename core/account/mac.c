#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "mac.h"


int
mac_make(const jwk_t *key, const char *label, const void *bytes, size_t len,
         unsigned char mac[MAC_SIZE])
{
    size_t size;

    return key->mac && EVP_MAC_init(key->mac, NULL, 0, NULL) == 1
                   && EVP_MAC_update(key->mac, (const unsigned char *) label,
                                     strlen(label))
                          == 1
                   && EVP_MAC_update(key->mac, bytes, len) == 1
                   && EVP_MAC_final(key->mac, mac, &size, MAC_SIZE) == 1
               ? 0
               : -1;
}


int
mac_genuine(const jwk_set_t *keys, const char *label, const void *bytes,
            size_t len, const unsigned char mac[MAC_SIZE])
{
    size_t i;
    unsigned char made[MAC_SIZE];

    for (i = 0; i < jwk_set_count(keys); i++) {
        if (mac_make(jwk_set_key(keys, i), label, bytes, len, made) == 0
            && CRYPTO_memcmp(made, mac, MAC_SIZE) == 0) {
            return 1;
        }
    }

    return 0;
}
