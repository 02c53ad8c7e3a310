#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "sealed.h"


static int
sealed_mac(const jwk_t *key, const char *label, const unsigned char *bytes,
           size_t len, unsigned char mac[SEALED_MAC])
{
    size_t size;

    return EVP_MAC_init(key->mac, NULL, 0, NULL) == 1
                   && EVP_MAC_update(key->mac, (const unsigned char *) label,
                                     strlen(label))
                          == 1
                   && EVP_MAC_update(key->mac, bytes, len) == 1
                   && EVP_MAC_final(key->mac, mac, &size, SEALED_MAC) == 1
               ? 0
               : -1;
}


int
sealed_write(const jwk_set_t *keys, unsigned nth, const char *label,
             const unsigned char *bytes, size_t len, char *text)
{
    size_t n;
    const jwk_t *key;
    unsigned char all[SEALED_BYTES_MAX + SEALED_MAC];

    key = jwk_set_signer(keys, JWA_BIT(JWA_HS256), nth);

    if (key == NULL || len > SEALED_BYTES_MAX
        || sealed_mac(key, label, bytes, len, all + len) != 0) {
        return -1;
    }

    memcpy(all, bytes, len);
    n = base64url_encode(text, all, len + SEALED_MAC);
    text[n] = '\0';

    return 0;
}


int
sealed_read(const jwk_set_t *keys, const char *label, const char *text,
            size_t text_len, unsigned char *bytes, size_t len)
{
    size_t i;
    const jwk_t *key;
    unsigned char mac[SEALED_MAC], all[SEALED_BYTES_MAX + SEALED_MAC];

    if (len > SEALED_BYTES_MAX || text_len != SEALED_LEN(len)
        || base64url_decode(all, text, text_len)
               != (ssize_t) (len + SEALED_MAC)) {
        return -1;
    }

    for (i = 0; i < jwk_set_count(keys); i++) {
        key = jwk_set_key(keys, i);

        if (key->mac && sealed_mac(key, label, all, len, mac) == 0
            && CRYPTO_memcmp(mac, all + len, SEALED_MAC) == 0) {
            memcpy(bytes, all, len);
            return 0;
        }
    }

    return -1;
}
