/* Service accounts' keys, whatever a client sends: what is read is what was
   written, and of what anybody can sum none is read. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/grant/service_key.h"
#include "keys.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* One of its bytes, and what becomes of it when some are others. */
static void
made_and_changed(const jwk_set_t *keys, const uint8_t *data)
{
    char text[SERVICE_KEY_SIZE];
    const jwk_t *signer;
    service_key_t key, again;
    size_t at = SERVICE_KEY_PREFIX_LEN
                + data[2 * UUID_SIZE]
                      % (SERVICE_KEY_LEN - SERVICE_KEY_PREFIX_LEN);

    uuid_write(key.id, data);
    uuid_write(key.user, data + UUID_SIZE);
    key.role = (role_t) (ROLE_VIEWER + data[0] % 3);
    memcpy(&key.scopes, data + 4, 4);
    memcpy(&key.issued, data + UUID_SIZE, 8);
    memcpy(&key.expires, data + 8, 8);

    must(service_key_write(keys, 0, &key, text, &signer) == 0);
    must(service_key_whole(text, SERVICE_KEY_LEN));
    must(service_key_read(keys, text, SERVICE_KEY_LEN, &again) == 0);
    must(strcmp(again.id, key.id) == 0);
    must(strcmp(again.user, key.user) == 0);
    must(again.role == key.role);
    must(again.scopes == key.scopes);
    must(again.issued == key.issued);
    must(again.expires == key.expires);

    text[at] = (char) (text[at] ^ (1 + data[2 * UUID_SIZE + 1] % 127));
    must(service_key_read(keys, text, SERVICE_KEY_LEN, &again) == -1);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    service_key_t key;
    const jwk_set_t *keys = the_keys();

    must(keys != NULL);

    /* nobody signs by chance */
    must(service_key_read(keys, (const char *) data, size, &key) == -1);

    if (size >= 2 * UUID_SIZE + 2) {
        made_and_changed(keys, data);
    }

    return 0;
}
