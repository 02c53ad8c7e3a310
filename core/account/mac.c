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
mac_write(const jwk_set_t *keys, unsigned nth, const char *label,
          const unsigned char *bytes, size_t len, char *text)
{
    size_t n;
    const jwk_t *key;
    unsigned char all[MAC_BYTES_MAX + MAC_SIZE];

    key = jwk_set_signer(keys, JWA_BIT(JWA_HS256), nth);

    if (key == NULL || len > MAC_BYTES_MAX
        || mac_make(key, label, bytes, len, all + len) != 0) {
        return -1;
    }

    memcpy(all, bytes, len);
    n = base64url_encode(text, all, len + MAC_SIZE);
    text[n] = '\0';

    return 0;
}


int
mac_read(const jwk_set_t *keys, const char *label, const char *text,
         size_t text_len, unsigned char *bytes, size_t len)
{
    size_t i;
    unsigned char mac[MAC_SIZE], all[MAC_BYTES_MAX + MAC_SIZE];

    if (len > MAC_BYTES_MAX || text_len != MAC_TEXT_LEN(len)
        || base64url_decode(all, text, text_len)
               != (ssize_t) (len + MAC_SIZE)) {
        return -1;
    }

    for (i = 0; i < jwk_set_count(keys); i++) {
        if (mac_make(jwk_set_key(keys, i), label, all, len, mac) == 0
            && CRYPTO_memcmp(mac, all + len, MAC_SIZE) == 0) {
            memcpy(bytes, all, len);
            return 0;
        }
    }

    return -1;
}
