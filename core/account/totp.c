#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include "core/base/base32.h"
#include "totp.h"

#define DIGITS 6
#define MODULUS 1000000
#define SKEW 1 /* steps that clocks may differ by */
#define SHA1_SIZE 20

static const char uri_start[] = "otpauth://totp/";
static const char uri_secret[] = "?secret=";
static const char uri_issuer[] = "&issuer=";
static const char uri_end[] = "&algorithm=SHA1&digits=6&period=30";


int32_t
totp_code(const void *secret, size_t len, uint64_t step)
{
    int i, offset;
    uint32_t word;
    unsigned char counter[8], mac[SHA1_SIZE];

    for (i = 7; i >= 0; i--) {
        counter[i] = (unsigned char) step;
        step >>= 8;
    }

    if (HMAC(EVP_sha1(), secret, (int) len, counter, sizeof(counter), mac, NULL)
        == NULL) {
        return -1;
    }

    /* RFC 4226, 5.3 */

    offset = mac[SHA1_SIZE - 1] & 15;
    word = (uint32_t) (mac[offset] & 0x7f) << 24
           | (uint32_t) mac[offset + 1] << 16 | (uint32_t) mac[offset + 2] << 8
           | mac[offset + 3];

    return (int32_t) (word % MODULUS);
}


int64_t
totp_find(const void *secret, size_t len, int32_t code, int64_t now,
          int64_t after)
{
    int64_t step, found = -1;

    if (code < 0) {
        return -1;
    }

    /* all of them, so that time does not tell which one it was */

    for (step = now / TOTP_STEP + SKEW; step >= now / TOTP_STEP - SKEW;
         step--) {
        if (step >= 0 && totp_code(secret, len, (uint64_t) step) == code
            && step > after) {
            found = step;
        }
    }

    return found;
}


int32_t
totp_read(const char *text, size_t len)
{
    size_t i;
    int digits = 0;
    int32_t code = 0;

    if (len > TOTP_TEXT_MAX) {
        return -1;
    }

    for (i = 0; i < len; i++) {
        if (text[i] == ' ' || text[i] == '-') {
            continue;
        }

        if (text[i] < '0' || text[i] > '9' || ++digits > DIGITS) {
            return -1;
        }

        code = 10 * code + (text[i] - '0');
    }

    return digits == DIGITS ? code : -1;
}


int
totp_make(unsigned char secret[TOTP_SECRET_SIZE])
{
    return RAND_bytes(secret, TOTP_SECRET_SIZE) == 1 ? 0 : -1;
}


void
totp_secret(const unsigned char secret[TOTP_SECRET_SIZE],
            char text[TOTP_SECRET_TEXT])
{
    text[base32_encode(text, secret, TOTP_SECRET_SIZE)] = '\0';
}


/* RFC 3986, 2.3: what is unreserved stands for itself. */
static char *
encode(char *p, const char *text, size_t len)
{
    size_t i;
    unsigned char c;
    static const char digits[] = "0123456789ABCDEF";

    for (i = 0; i < len; i++) {
        c = (unsigned char) text[i];

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
            || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_'
            || c == '~') {
            *p++ = (char) c;

        } else {
            *p++ = '%';
            *p++ = digits[c >> 4];
            *p++ = digits[c & 15];
        }
    }

    return p;
}


static char *
append(char *p, const char *text)
{
    size_t len = strlen(text);

    memcpy(p, text, len);

    return p + len;
}


char *
totp_uri(const char *issuer, size_t issuer_len, const char *account,
         const unsigned char secret[TOTP_SECRET_SIZE])
{
    char *uri, *p;
    char text[TOTP_SECRET_TEXT];
    size_t account_len = strlen(account);

    uri = malloc(sizeof(uri_start) + sizeof(uri_secret) + sizeof(uri_issuer)
                 + sizeof(uri_end) + sizeof(text) + 6 * issuer_len
                 + 3 * account_len);
    if (uri == NULL) {
        return NULL;
    }

    totp_secret(secret, text);

    p = append(uri, uri_start);
    p = encode(p, issuer, issuer_len);
    *p++ = ':';
    p = encode(p, account, account_len);
    p = append(p, uri_secret);
    p = append(p, text);
    p = append(p, uri_issuer);
    p = encode(p, issuer, issuer_len);
    p = append(p, uri_end);
    *p = '\0';

    return uri;
}
