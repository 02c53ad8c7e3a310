#include <string.h>
#include <openssl/crypto.h>
#include "challenge.h"
#include "mac.h"

#define CHALLENGE_FORM 1

#define CHALLENGE_REMEMBER 0x01
#define CHALLENGE_COOKIES 0x02

/* Where the parts end. */
#define CHALLENGE_SESSION (1 + UUID_SIZE)
#define CHALLENGE_USER (CHALLENGE_SESSION + UUID_SIZE)
#define CHALLENGE_PASSWORD (CHALLENGE_USER + CHALLENGE_PRINT)
#define CHALLENGE_EXPIRES (CHALLENGE_PASSWORD + 8)
#define CHALLENGE_BYTES (CHALLENGE_EXPIRES + 1)

static const char challenge_label[] = " sluice challenge";


static int
print_read(unsigned char bytes[CHALLENGE_PRINT], const char *print)
{
    size_t len;

    return strspn(print, "0123456789abcdef") == 2 * CHALLENGE_PRINT
                   && print[2 * CHALLENGE_PRINT] == '\0'
                   && OPENSSL_hexstr2buf_ex(bytes, CHALLENGE_PRINT, &len, print,
                                            '\0')
                          == 1
               ? 0
               : -1;
}


static void
print_write(char print[CHALLENGE_PRINT_SIZE],
            const unsigned char bytes[CHALLENGE_PRINT])
{
    size_t i;
    static const char digits[] = "0123456789abcdef";

    for (i = 0; i < CHALLENGE_PRINT; i++) {
        print[2 * i] = digits[bytes[i] >> 4];
        print[2 * i + 1] = digits[bytes[i] & 15];
    }

    print[2 * CHALLENGE_PRINT] = '\0';
}


int
challenge_write(const jwk_set_t *keys, unsigned nth,
                const challenge_t *challenge, char text[CHALLENGE_SIZE])
{
    size_t i;
    unsigned char bytes[CHALLENGE_BYTES];

    if (uuid_read(bytes + 1, challenge->session) != 0
        || uuid_read(bytes + CHALLENGE_SESSION, challenge->user) != 0
        || print_read(bytes + CHALLENGE_USER, challenge->print) != 0) {
        return -1;
    }

    bytes[0] = CHALLENGE_FORM;

    for (i = 0; i < 8; i++) {
        bytes[CHALLENGE_EXPIRES - 1 - i] =
            (unsigned char) ((uint64_t) challenge->expires >> 8 * i);
    }

    bytes[CHALLENGE_EXPIRES] =
        (unsigned char) ((challenge->remember ? CHALLENGE_REMEMBER : 0)
                         | (challenge->cookies ? CHALLENGE_COOKIES : 0));

    return mac_write(keys, nth, challenge_label, bytes, CHALLENGE_BYTES, text);
}


int
challenge_read(const jwk_set_t *keys, const char *text, size_t len, int64_t now,
               challenge_t *challenge)
{
    size_t i;
    uint64_t expires = 0;
    unsigned char bytes[CHALLENGE_BYTES];

    if (mac_read(keys, challenge_label, text, len, bytes, CHALLENGE_BYTES) != 0
        || bytes[0] != CHALLENGE_FORM) {
        return -1;
    }

    for (i = CHALLENGE_PASSWORD; i < CHALLENGE_EXPIRES; i++) {
        expires = expires << 8 | bytes[i];
    }

    challenge->expires = (int64_t) expires;
    challenge->remember = (bytes[CHALLENGE_EXPIRES] & CHALLENGE_REMEMBER) != 0;
    challenge->cookies = (bytes[CHALLENGE_EXPIRES] & CHALLENGE_COOKIES) != 0;
    uuid_write(challenge->session, bytes + 1);
    uuid_write(challenge->user, bytes + CHALLENGE_SESSION);
    print_write(challenge->print, bytes + CHALLENGE_USER);

    return now < challenge->expires ? 0 : -1;
}
