#include "tus.h"
#include <string.h>
#include "crc32.h"

#define TUS_FINAL_WORD "final;"
#define TUS_CRC32_SIZE 4


typedef struct {
    const char *key, *value;
    size_t key_len, value_len;
} tus_pair_t;


static const char *tus_pair(const char *p, const char *end, tus_pair_t *pair);
static int tus_pair_check(const tus_pair_t *pair);
static long tus_base64(const char *src, size_t len, unsigned char *dst,
                       size_t size);
static int tus_base64_value(char c);
static const char *tus_find(const char *p, const char *end, char c);
static int tus_part(const char *url, size_t len, const char *path,
                    tus_parts_t *parts);


int
tus_size(const char *text, size_t len, int64_t *size)
{
    size_t i;
    int64_t n = 0;

    if (len == 0) {
        return -1;
    }

    for (i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }

        n = n * 10 + (text[i] - '0');
        if (n > TUS_SIZE_MAX) {
            return -1;
        }
    }

    *size = n;
    return 0;
}


/* metadata */

int
tus_metadata_check(const char *text, size_t len)
{
    unsigned i, count = 0;
    const char *p = text, *end = text + len;
    tus_pair_t pairs[TUS_METADATA_KEYS_MAX];

    if (len > TUS_METADATA_MAX) {
        return -1;
    }

    while (p < end) {
        if (count == TUS_METADATA_KEYS_MAX) {
            return -1;
        }

        p = tus_pair(p, end, &pairs[count]);

        if (tus_pair_check(&pairs[count]) != 0) {
            return -1;
        }

        for (i = 0; i < count; i++) {
            if (pairs[i].key_len == pairs[count].key_len
                && memcmp(pairs[i].key, pairs[count].key, pairs[i].key_len)
                       == 0) {
                return -1;
            }
        }

        count++;
    }

    /* a comma with nothing behind it */
    return len && text[len - 1] == ',' ? -1 : 0;
}


long
tus_metadata_find(const char *text, size_t len, const char *key, void *value,
                  size_t size)
{
    const char *p = text, *end = text + len;
    tus_pair_t pair;

    while (p < end) {
        p = tus_pair(p, end, &pair);

        if (pair.key_len == strlen(key)
            && memcmp(pair.key, key, pair.key_len) == 0) {
            return tus_base64(pair.value, pair.value_len, value, size);
        }
    }

    return -1;
}


/* Where the next one begins. Some clients put a blank behind the comma. */

static const char *
tus_pair(const char *p, const char *end, tus_pair_t *pair)
{
    const char *comma, *blank;

    while (p < end && *p == ' ') {
        p++;
    }

    comma = tus_find(p, end, ',');
    blank = tus_find(p, comma, ' ');

    pair->key = p;
    pair->key_len = (size_t) (blank - p);
    pair->value = blank < comma ? blank + 1 : comma;
    pair->value_len = (size_t) (comma - pair->value);

    return comma < end ? comma + 1 : end;
}


static int
tus_pair_check(const tus_pair_t *pair)
{
    size_t i;
    unsigned char decoded[TUS_METADATA_MAX];

    if (pair->key_len == 0) {
        return -1;
    }

    for (i = 0; i < pair->key_len; i++) {
        if (pair->key[i] <= ' ' || pair->key[i] > '~') {
            return -1;
        }
    }

    return tus_base64(pair->value, pair->value_len, decoded, sizeof(decoded))
                   < 0
               ? -1
               : 0;
}


/* RFC 4648, section 4, strict: padded, without stray bits. Bytes, or -1. */

static long
tus_base64(const char *src, size_t len, unsigned char *dst, size_t size)
{
    int value;
    size_t i, n = 0, pad = 0;
    uint32_t word = 0;

    if (len % 4 != 0) {
        return -1;
    }

    while (pad < 2 && len && src[len - 1] == '=') {
        len--;
        pad++;
    }

    if (len * 3 / 4 > size) {
        return -1;
    }

    for (i = 0; i < len; i++) {
        value = tus_base64_value(src[i]);
        if (value < 0) {
            return -1;
        }

        word = word << 6 | (uint32_t) value;

        if (i % 4 != 0) {
            dst[n++] = (unsigned char) (word >> (6 - 2 * (i % 4)));
        }
    }

    if (pad && (word & ((1u << (2 * pad)) - 1))) {
        return -1;
    }

    return (long) n;
}


static int
tus_base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }

    return c == '+' ? 62 : c == '/' ? 63 : -1;
}


/* `end` when there is none */

static const char *
tus_find(const char *p, const char *end, char c)
{
    const char *found;

    found = p < end ? memchr(p, c, (size_t) (end - p)) : NULL;

    return found ? found : end;
}


/* concatenation */

int
tus_concat(const char *text, size_t len, const char *path, tus_parts_t *parts)
{
    const char *p, *blank, *end = text + len;

    parts->kind = TUS_WHOLE;
    parts->count = 0;

    if (len == 7 && memcmp(text, "partial", 7) == 0) {
        parts->kind = TUS_PARTIAL;
        return 0;
    }

    if (len < sizeof(TUS_FINAL_WORD)
        || memcmp(text, TUS_FINAL_WORD, sizeof(TUS_FINAL_WORD) - 1) != 0) {
        return -1;
    }

    for (p = text + sizeof(TUS_FINAL_WORD) - 1; p < end; p = blank + 1) {
        blank = tus_find(p, end, ' ');

        if (blank > p && tus_part(p, (size_t) (blank - p), path, parts) != 0) {
            return -1;
        }
    }

    parts->kind = TUS_FINAL;

    return parts->count ? 0 : -1;
}


static int
tus_part(const char *url, size_t len, const char *path, tus_parts_t *parts)
{
    unsigned i;
    size_t path_len = strlen(path);
    const char *id;

    if (len < path_len + 1 + UUID_TEXT_LEN || parts->count == TUS_PARTS_MAX) {
        return -1;
    }

    id = url + len - UUID_TEXT_LEN;

    if (!uuid_valid(id, UUID_TEXT_LEN) || id[-1] != '/'
        || memcmp(id - 1 - path_len, path, path_len) != 0) {
        return -1;
    }

    for (i = 0; i < parts->count; i++) {
        if (memcmp(parts->ids[i], id, UUID_TEXT_LEN) == 0) {
            return -1;
        }
    }

    memcpy(parts->ids[i], id, UUID_TEXT_LEN);
    parts->ids[i][UUID_TEXT_LEN] = '\0';
    parts->count++;

    return 0;
}


/* checksums */

int
tus_checksum_begin(const char *text, size_t len, tus_checksum_t *sum)
{
    long n;
    size_t name_len;
    const char *blank;
    const EVP_MD *md = NULL;

    blank = tus_find(text, text + len, ' ');
    name_len = (size_t) (blank - text);

    sum->md = NULL;
    sum->crc = 0;

    if (name_len == 4 && memcmp(text, "sha1", 4) == 0) {
        sum->algorithm = TUS_SHA1;
        md = EVP_sha1();

    } else if (name_len == 6 && memcmp(text, "sha256", 6) == 0) {
        sum->algorithm = TUS_SHA256;
        md = EVP_sha256();

    } else if (name_len == 5 && memcmp(text, "crc32", 5) == 0) {
        sum->algorithm = TUS_CRC32;

    } else {
        return -1;
    }

    sum->size = md ? (size_t) EVP_MD_size(md) : TUS_CRC32_SIZE;

    if (name_len == len) {
        return -1;
    }

    n = tus_base64(blank + 1, len - name_len - 1, sum->expected,
                   sizeof(sum->expected));

    if (n < 0 || (size_t) n != sum->size) {
        return -1;
    }

    if (md) {
        sum->md = EVP_MD_CTX_new();

        if (sum->md == NULL || EVP_DigestInit_ex(sum->md, md, NULL) != 1) {
            tus_checksum_free(sum);
            return -1;
        }
    }

    return 0;
}


int
tus_checksum_update(tus_checksum_t *sum, const void *bytes, size_t len)
{
    if (sum->algorithm == TUS_CRC32) {
        sum->crc = crc32_update(sum->crc, bytes, len);
        return 0;
    }

    return EVP_DigestUpdate(sum->md, bytes, len) == 1 ? 0 : -1;
}


int
tus_checksum_good(tus_checksum_t *sum)
{
    unsigned i;
    unsigned char digest[EVP_MAX_MD_SIZE];

    if (sum->algorithm == TUS_CRC32) {
        for (i = 0; i < TUS_CRC32_SIZE; i++) {
            digest[i] = (unsigned char) (sum->crc >> (24 - 8 * i));
        }

    } else if (EVP_DigestFinal_ex(sum->md, digest, NULL) != 1) {
        return 0;
    }

    return memcmp(digest, sum->expected, sum->size) == 0;
}


void
tus_checksum_free(tus_checksum_t *sum)
{
    EVP_MD_CTX_free(sum->md);
    sum->md = NULL;
}
