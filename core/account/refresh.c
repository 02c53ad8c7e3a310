#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "core/jose/base64url.h"
#include "refresh.h"

#define REFRESH_FORM 1

/* Where the parts of a token end. */
#define REFRESH_SESSION (1 + UUID_SIZE)
#define REFRESH_COUNT (REFRESH_SESSION + 4)
#define REFRESH_BYTES (REFRESH_COUNT + REFRESH_MAC)

#define REFRESH_MAC 32 /* HMAC-SHA256 */

/* What is signed as a token starts with a base64url character (RFC 7515, 5.1),
   never with a blank. */
static const char refresh_label[] = " sluice refresh";


static int
refresh_mac(const jwk_t *key, const unsigned char bytes[REFRESH_COUNT],
            unsigned char mac[REFRESH_MAC])
{
    size_t size;

    return EVP_MAC_init(key->mac, NULL, 0, NULL) == 1
                   && EVP_MAC_update(key->mac,
                                     (const unsigned char *) refresh_label,
                                     sizeof(refresh_label) - 1)
                          == 1
                   && EVP_MAC_update(key->mac, bytes, REFRESH_COUNT) == 1
                   && EVP_MAC_final(key->mac, mac, &size, REFRESH_MAC) == 1
               ? 0
               : -1;
}


int
refresh_write(const jwk_set_t *keys, unsigned nth, const refresh_t *refresh,
              char token[REFRESH_SIZE])
{
    const jwk_t *key;
    unsigned char bytes[REFRESH_BYTES];

    key = jwk_set_signer(keys, JWA_BIT(JWA_HS256), nth);

    if (key == NULL || uuid_read(bytes + 1, refresh->session) != 0) {
        return -1;
    }

    bytes[0] = REFRESH_FORM;
    bytes[REFRESH_SESSION] = (unsigned char) (refresh->count >> 24);
    bytes[REFRESH_SESSION + 1] = (unsigned char) (refresh->count >> 16);
    bytes[REFRESH_SESSION + 2] = (unsigned char) (refresh->count >> 8);
    bytes[REFRESH_SESSION + 3] = (unsigned char) refresh->count;

    if (refresh_mac(key, bytes, bytes + REFRESH_COUNT) != 0) {
        return -1;
    }

    (void) base64url_encode(token, bytes, REFRESH_BYTES);
    token[REFRESH_LEN] = '\0';

    return 0;
}


/* Whether any key has signed it. */
static int
refresh_genuine(const jwk_set_t *keys, const unsigned char bytes[REFRESH_BYTES])
{
    size_t i;
    const jwk_t *key;
    unsigned char mac[REFRESH_MAC];

    for (i = 0; i < jwk_set_count(keys); i++) {
        key = jwk_set_key(keys, i);

        if (key->mac && refresh_mac(key, bytes, mac) == 0
            && CRYPTO_memcmp(mac, bytes + REFRESH_COUNT, REFRESH_MAC) == 0) {
            return 1;
        }
    }

    return 0;
}


int
refresh_read(const jwk_set_t *keys, const char *token, size_t len,
             refresh_t *refresh)
{
    unsigned char bytes[REFRESH_BYTES];

    if (len != REFRESH_LEN
        || base64url_decode(bytes, token, len) != REFRESH_BYTES
        || bytes[0] != REFRESH_FORM || !refresh_genuine(keys, bytes)) {
        return -1;
    }

    uuid_write(refresh->session, bytes + 1);
    refresh->count = (uint32_t) bytes[REFRESH_SESSION] << 24
                     | (uint32_t) bytes[REFRESH_SESSION + 1] << 16
                     | (uint32_t) bytes[REFRESH_SESSION + 2] << 8
                     | bytes[REFRESH_SESSION + 3];

    return 0;
}
