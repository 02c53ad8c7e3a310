/* Refresh tokens, whatever a client sends: what is read is what was written. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/account/refresh.h"
#include "keys.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char token[REFRESH_SIZE];
    refresh_t refresh, again;
    const jwk_set_t *keys = the_keys();

    must(keys != NULL);

    if (refresh_read(keys, (const char *) data, size, &refresh) == 0) {
        must(size == REFRESH_LEN);
        must(refresh_write(keys, 0, &refresh, token) == 0);
        must(memcmp(token, data, size) == 0);
    }

    /* a session and a count of its bytes */

    if (size < UUID_SIZE + sizeof(refresh.count)) {
        return 0;
    }

    uuid_write(refresh.session, data);
    memcpy(&refresh.count, data + UUID_SIZE, sizeof(refresh.count));

    must(refresh_write(keys, 0, &refresh, token) == 0);
    must(refresh_read(keys, token, REFRESH_LEN, &again) == 0);
    must(strcmp(again.session, refresh.session) == 0);
    must(again.count == refresh.count);

    return 0;
}
