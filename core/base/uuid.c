#include <stdint.h>
#include <string.h>
#include <time.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include "uuid.h"

#define NS_PER_MS 1000000
#define HYPHEN(pos) ((pos) == 8 || (pos) == 13 || (pos) == 18 || (pos) == 23)


void
uuid_write(char text[UUID_TEXT_SIZE], const unsigned char bytes[UUID_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    size_t i, pos;

    for (i = 0, pos = 0; i < UUID_SIZE; i++) {
        if (HYPHEN(pos)) {
            text[pos++] = '-';
        }

        text[pos++] = hex[bytes[i] >> 4];
        text[pos++] = hex[bytes[i] & 15];
    }

    text[pos] = '\0';
}


int
uuid_v7(char text[UUID_TEXT_SIZE])
{
    uint8_t bytes[UUID_SIZE];
    struct timespec now;
    uint64_t ms;
    unsigned fraction;

    if (RAND_bytes(bytes, UUID_SIZE) != 1
        || clock_gettime(CLOCK_REALTIME, &now) != 0) {
        return -1;
    }

    ms = (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / NS_PER_MS;

    /* rand_a holds 1/4096 ms: RFC 9562, section 6.2, method 3 */
    fraction = (unsigned) ((uint64_t) now.tv_nsec % NS_PER_MS * 4096
                           / NS_PER_MS);

    bytes[0] = (uint8_t) (ms >> 40);
    bytes[1] = (uint8_t) (ms >> 32);
    bytes[2] = (uint8_t) (ms >> 24);
    bytes[3] = (uint8_t) (ms >> 16);
    bytes[4] = (uint8_t) (ms >> 8);
    bytes[5] = (uint8_t) ms;
    bytes[6] = (uint8_t) (0x70 | fraction >> 8);
    bytes[7] = (uint8_t) fraction;
    bytes[8] = (uint8_t) (0x80 | (bytes[8] & 0x3f));

    uuid_write(text, bytes);

    return 0;
}


int
uuid_v5(char text[UUID_TEXT_SIZE], const void *name, size_t len)
{
    /* 6ba7b811-9dad-11d1-80b4-00c04fd430c8: RFC 9562, 6.6 */
    static const uint8_t url[UUID_SIZE] = { 0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad,
                                            0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0,
                                            0x4f, 0xd4, 0x30, 0xc8 };
    uint8_t digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *ctx;
    int rc = -1;

    ctx = EVP_MD_CTX_new();

    if (ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) == 1
        && EVP_DigestUpdate(ctx, url, UUID_SIZE) == 1
        && EVP_DigestUpdate(ctx, name, len) == 1
        && EVP_DigestFinal_ex(ctx, digest, NULL) == 1) {
        digest[6] = (uint8_t) (0x50 | (digest[6] & 0x0f));
        digest[8] = (uint8_t) (0x80 | (digest[8] & 0x3f));

        uuid_write(text, digest);
        rc = 0;
    }

    if (rc != 0) {
        ERR_clear_error();
    }

    EVP_MD_CTX_free(ctx);

    return rc;
}


int
uuid_valid(const char *text, size_t len)
{
    size_t pos;
    char c;

    if (len != UUID_TEXT_LEN) {
        return 0;
    }

    for (pos = 0; pos < len; pos++) {
        c = text[pos];

        if (HYPHEN(pos)) {
            if (c != '-') {
                return 0;
            }

            continue;
        }

        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
            return 0;
        }
    }

    return 1;
}


static int
hex_value(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}


int
uuid_read(unsigned char bytes[UUID_SIZE], const char *text)
{
    size_t i, pos;

    if (!uuid_valid(text, strlen(text))) {
        return -1;
    }

    for (i = 0, pos = 0; i < UUID_SIZE; i++, pos += 2) {
        pos += HYPHEN(pos);
        bytes[i] = (unsigned char) (hex_value(text[pos]) << 4
                                    | hex_value(text[pos + 1]));
    }

    return 0;
}
