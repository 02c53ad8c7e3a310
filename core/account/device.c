#include <string.h>
#include <openssl/rand.h>
#include "device.h"

#define DEVICE_FORM 1
#define DEVICE_ACCOUNT 16

static const char device_label[] = " sluice device";


int
device_write(const jwk_set_t *keys, unsigned nth,
             const unsigned char account[SHA256_SIZE], char text[DEVICE_SIZE])
{
    unsigned char bytes[DEVICE_BYTES];

    bytes[0] = DEVICE_FORM;
    memcpy(bytes + 1, account, DEVICE_ACCOUNT);

    return RAND_bytes(bytes + 1 + DEVICE_ACCOUNT,
                      DEVICE_BYTES - 1 - DEVICE_ACCOUNT)
                   == 1
               ? mac_write(keys, nth, device_label, bytes, DEVICE_BYTES, text)
               : -1;
}


int
device_read(const jwk_set_t *keys, const char *text, size_t len,
            const unsigned char account[SHA256_SIZE],
            unsigned char device[DEVICE_BYTES])
{
    return mac_read(keys, device_label, text, len, device, DEVICE_BYTES) == 0
                   && device[0] == DEVICE_FORM
                   && memcmp(device + 1, account, DEVICE_ACCOUNT) == 0
               ? 0
               : -1;
}
