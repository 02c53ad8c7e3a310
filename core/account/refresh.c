#include "core/account/mac.h"
#include "refresh.h"

#define REFRESH_FORM 1

/* Where the parts of a token end. */
#define REFRESH_SESSION (1 + UUID_SIZE)
#define REFRESH_BYTES (REFRESH_SESSION + 4)

static const char refresh_label[] = " sluice refresh";


int
refresh_write(const jwk_set_t *keys, unsigned nth, const refresh_t *refresh,
              char token[REFRESH_SIZE])
{
    unsigned char bytes[REFRESH_BYTES];

    if (uuid_read(bytes + 1, refresh->session) != 0) {
        return -1;
    }

    bytes[0] = REFRESH_FORM;
    bytes[REFRESH_SESSION] = (unsigned char) (refresh->count >> 24);
    bytes[REFRESH_SESSION + 1] = (unsigned char) (refresh->count >> 16);
    bytes[REFRESH_SESSION + 2] = (unsigned char) (refresh->count >> 8);
    bytes[REFRESH_SESSION + 3] = (unsigned char) refresh->count;

    return mac_write(keys, nth, refresh_label, bytes, REFRESH_BYTES, token);
}


int
refresh_read(const jwk_set_t *keys, const char *token, size_t len,
             refresh_t *refresh)
{
    unsigned char bytes[REFRESH_BYTES];

    if (mac_read(keys, refresh_label, token, len, bytes, REFRESH_BYTES) != 0
        || bytes[0] != REFRESH_FORM) {
        return -1;
    }

    uuid_write(refresh->session, bytes + 1);
    refresh->count = (uint32_t) bytes[REFRESH_SESSION] << 24
                     | (uint32_t) bytes[REFRESH_SESSION + 1] << 16
                     | (uint32_t) bytes[REFRESH_SESSION + 2] << 8
                     | bytes[REFRESH_SESSION + 3];

    return 0;
}
