#include <string.h>
#include "core/jose/base64url.h"
#include "mac.h"
#include "refresh.h"

#define REFRESH_FORM 1

/* Where the parts of a token end. */
#define REFRESH_SESSION (1 + UUID_SIZE)
#define REFRESH_COUNT (REFRESH_SESSION + 4)
#define REFRESH_BYTES (REFRESH_COUNT + MAC_SIZE)

static const char refresh_label[] = " sluice refresh";


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

    if (mac_make(key, refresh_label, bytes, REFRESH_COUNT,
                 bytes + REFRESH_COUNT)
        != 0) {
        return -1;
    }

    (void) base64url_encode(token, bytes, REFRESH_BYTES);
    token[REFRESH_LEN] = '\0';

    return 0;
}


int
refresh_read(const jwk_set_t *keys, const char *token, size_t len,
             refresh_t *refresh)
{
    unsigned char bytes[REFRESH_BYTES];

    if (len != REFRESH_LEN
        || base64url_decode(bytes, token, len) != REFRESH_BYTES
        || bytes[0] != REFRESH_FORM
        || !mac_genuine(keys, refresh_label, bytes, REFRESH_COUNT,
                        bytes + REFRESH_COUNT)) {
        return -1;
    }

    uuid_write(refresh->session, bytes + 1);
    refresh->count = (uint32_t) bytes[REFRESH_SESSION] << 24
                     | (uint32_t) bytes[REFRESH_SESSION + 1] << 16
                     | (uint32_t) bytes[REFRESH_SESSION + 2] << 8
                     | bytes[REFRESH_SESSION + 3];

    return 0;
}
