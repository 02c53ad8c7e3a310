/* Challenges, whatever a client sends: what is read is what was written. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/account/challenge.h"
#include "keys.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[CHALLENGE_SIZE];
    challenge_t challenge, again;
    const jwk_set_t *keys = the_keys();

    must(keys != NULL);

    if (challenge_read(keys, (const char *) data, size, 0, &challenge) == 0) {
        must(size == CHALLENGE_LEN);
        must(challenge_write(keys, 0, &challenge, text) == 0);
        must(memcmp(text, data, size) == 0);
    }

    /* one of its bytes */

    if (size < 2 * UUID_SIZE + 8) {
        return 0;
    }

    uuid_write(challenge.session, data);
    uuid_write(challenge.user, data + UUID_SIZE);
    strcpy(challenge.print, "00112233445566778899aabbccddeeff");
    memcpy(&challenge.expires, data + 2 * UUID_SIZE, 8);
    challenge.remember = data[0] & 1;
    challenge.cookies = data[0] >> 1 & 1;

    must(challenge_write(keys, 0, &challenge, text) == 0);
    must(challenge_read(keys, text, CHALLENGE_LEN, INT64_MIN, &again)
         == (challenge.expires == INT64_MIN ? -1 : 0));
    must(strcmp(again.session, challenge.session) == 0);
    must(strcmp(again.user, challenge.user) == 0);
    must(again.expires == challenge.expires);
    must(again.remember == challenge.remember);
    must(again.cookies == challenge.cookies);

    return 0;
}
