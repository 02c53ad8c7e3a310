#define _GNU_SOURCE /* crypt_rn() */
#include <crypt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "password.h"
#include "password_foreign.h"

/* What a hash may cost: some seconds and 128 MiB. */
#define ARGON2_KIB_MAX (128 * 1024)
#define ARGON2_WORK_MAX (1024 * 1024) /* KiB times passes */
#define BCRYPT_COST_MAX 15
#define SHACRYPT_ROUNDS_MAX 5000000
#define PBKDF2_ROUNDS_MAX 5000000
#define SCRYPT_BYTES_MAX (128 * 1024 * 1024)
#define SCRYPT_WORK_MAX (512 * 1024 * 1024) /* bytes times p */
#define YESCRYPT_COST_MAX 'B'               /* 2^15 blocks of 4 KiB */
#define SCRYPT7_COST_MAX 'F'                /* 2^17 blocks of 1 KiB */

#define BYTES_MAX 64 /* of a salt or a digest */

typedef struct {
    const char *prefix;
    int (*known)(const char *hash);
    int (*verify)(const char *hash, const char *password, size_t len);
} scheme_t;

/* PBKDF2 (RFC 8018, 5.2) and scrypt (RFC 7914), as they are written in text. */
typedef struct {
    const EVP_MD *md; /* of PBKDF2 */
    unsigned long rounds, n, r, p;
    unsigned char salt[BYTES_MAX], digest[BYTES_MAX];
    size_t salt_len, digest_len;
} derived_t;


/* A number in decimal digits that ends with `end`; -1 when it is none, or over
   `max`. */
static int
number(const char **p, char end, unsigned long max, unsigned long *value)
{
    const char *first = *p;

    for (*value = 0; **p >= '0' && **p <= '9'; (*p)++) {
        *value = *value * 10 + (unsigned long) (**p - '0');
        if (*value > max) {
            return -1;
        }
    }

    if (*p == first || *first == '0' || **p != end) {
        return -1;
    }

    (*p)++;

    return 0;
}


/* argon2 */

static int
argon2_known(const char *hash)
{
    unsigned long kib, passes, lanes;
    const char *p = strstr(hash, "$m=");

    if (p == NULL) {
        return 0;
    }

    p += sizeof("$m=") - 1;

    if (number(&p, ',', ARGON2_KIB_MAX, &kib) != 0 || strncmp(p, "t=", 2) != 0
        || (p += 2, number(&p, ',', ARGON2_WORK_MAX, &passes)) != 0
        || strncmp(p, "p=", 2) != 0
        || (p += 2, number(&p, '$', 16, &lanes)) != 0) {
        return 0;
    }

    return kib * passes <= ARGON2_WORK_MAX;
}


static int
argon2_matches(const char *hash, const char *password, size_t len)
{
    argon2_type type = strncmp(hash, "$argon2id$", 10) == 0 ? Argon2_id
                       : strncmp(hash, "$argon2i$", 9) == 0 ? Argon2_i
                                                            : Argon2_d;

    switch (argon2_verify(hash, password, len, type)) {

    case ARGON2_OK:
        return 1;

    case ARGON2_VERIFY_MISMATCH:
        return 0;

    default:
        return -1;
    }
}


/* crypt(5) */

static int
bcrypt_known(const char *hash)
{
    unsigned long cost;
    const char *p = hash + sizeof("$2a$") - 1;

    p += (*p == '0');

    return number(&p, '$', BCRYPT_COST_MAX, &cost) == 0 && strlen(p) == 53;
}


static int
shacrypt_known(const char *hash)
{
    unsigned long rounds;
    const char *p = hash + sizeof("$5$") - 1;

    if (strncmp(p, "rounds=", 7) == 0) {
        p += 7;
        if (number(&p, '$', SHACRYPT_ROUNDS_MAX, &rounds) != 0) {
            return 0;
        }
    }

    p = strchr(p, '$');

    return p != NULL && strlen(p + 1) == (hash[1] == '5' ? 43U : 86U);
}


/* "$y$j9T$salt$hash" and "$7$C6..../....salt$hash": N as a power of two in base
   64 from ".", then r, and of scrypt p; those are 32, and 8 and 1. */

static int
yescrypt_known(const char *hash)
{
    return strlen(hash) > 7 && hash[3] == 'j' && hash[4] <= YESCRYPT_COST_MAX
           && strncmp(hash + 5, "T$", 2) == 0;
}


static int
scrypt7_known(const char *hash)
{
    return strlen(hash) > 14 && hash[3] <= SCRYPT7_COST_MAX
           && strncmp(hash + 4, "6..../....", 10) == 0;
}


static int
crypt_verify(const char *hash, const char *password, size_t len)
{
    int rc = -1;
    char *text;
    const char *made;
    struct crypt_data *data;

    if (memchr(password, '\0', len) != NULL) {
        return 0;
    }

    text = strndup(password, len);
    data = calloc(1, sizeof(*data));

    if (text != NULL && data != NULL) {
        made = crypt_rn(text, hash, data, sizeof(*data));

        if (made != NULL && made[0] == '$') {
            rc = strlen(made) == strlen(hash)
                 && CRYPTO_memcmp(made, hash, strlen(hash)) == 0;
        }
    }

    if (text != NULL) {
        OPENSSL_cleanse(text, len);
    }
    if (data != NULL) {
        OPENSSL_cleanse(data, sizeof(*data));
    }
    free(text);
    free(data);

    return rc;
}


/* PBKDF2 and scrypt */

/* Base 64 with "+" or "." for 62, up to `end`, with padding or without. */
static int
bytes(const char **p, char end, unsigned char out[BYTES_MAX], size_t *len)
{
    char text[4 * ((BYTES_MAX + 2) / 3) + 1];
    unsigned char decoded[3 * ((BYTES_MAX + 2) / 3)];
    size_t n = 0, padding = 0;
    int size;

    for (; **p != end && **p != '=' && **p != '\0'; (*p)++) {
        if (n == sizeof(text) - 1) {
            return -1;
        }
        text[n++] = **p == '.' ? '+' : **p;
    }

    while (**p == '=') {
        (*p)++;
    }

    while (n % 4 != 0 && n < sizeof(text) - 1) {
        text[n++] = '=';
        padding++;
    }

    if (**p != end || n == 0 || padding > 2) {
        return -1;
    }

    *p += (end != '\0');
    size = EVP_DecodeBlock(decoded, (unsigned char *) text, (int) n);

    if (size < 0 || (size_t) size - padding > BYTES_MAX) {
        return -1;
    }

    *len = (size_t) size - padding;
    memcpy(out, decoded, *len);

    return 0;
}


/* $pbkdf2-sha256$rounds$salt$digest */
static int
pbkdf2_parse(const char *hash, derived_t *derived)
{
    const char *p = strchr(hash + 1, '$') + 1;

    derived->md = strncmp(hash, "$pbkdf2-sha512$", 15) == 0   ? EVP_sha512()
                  : strncmp(hash, "$pbkdf2-sha256$", 15) == 0 ? EVP_sha256()
                                                              : EVP_sha1();

    return number(&p, '$', PBKDF2_ROUNDS_MAX, &derived->rounds) == 0
                   && bytes(&p, '$', derived->salt, &derived->salt_len) == 0
                   && bytes(&p, '\0', derived->digest, &derived->digest_len)
                          == 0
               ? 0
               : -1;
}


/* pbkdf2_sha256$rounds$salt as text$digest */
static int
django_parse(const char *hash, derived_t *derived)
{
    const char *end, *p = strchr(hash, '$') + 1;

    derived->md = EVP_sha256();

    if (number(&p, '$', PBKDF2_ROUNDS_MAX, &derived->rounds) != 0) {
        return -1;
    }

    end = strchr(p, '$');

    if (end == NULL || end == p || end - p > BYTES_MAX) {
        return -1;
    }

    derived->salt_len = (size_t) (end - p);
    memcpy(derived->salt, p, derived->salt_len);
    p = end + 1;

    return bytes(&p, '\0', derived->digest, &derived->digest_len);
}


/* $scrypt$ln=16,r=8,p=1$salt$digest */
static int
scrypt_parse(const char *hash, derived_t *derived)
{
    unsigned long ln;
    const char *p = hash + sizeof("$scrypt$ln=") - 1;

    if (number(&p, ',', 24, &ln) != 0 || strncmp(p, "r=", 2) != 0
        || (p += 2, number(&p, ',', 64, &derived->r)) != 0
        || strncmp(p, "p=", 2) != 0
        || (p += 2, number(&p, '$', 64, &derived->p)) != 0) {
        return -1;
    }

    derived->n = 1UL << ln;

    return 128 * derived->n * derived->r <= SCRYPT_BYTES_MAX
                   && 128 * derived->n * derived->r * derived->p
                          <= SCRYPT_WORK_MAX
                   && bytes(&p, '$', derived->salt, &derived->salt_len) == 0
                   && bytes(&p, '\0', derived->digest, &derived->digest_len)
                          == 0
               ? 0
               : -1;
}


static int
derived_parse(const char *hash, derived_t *derived)
{
    memset(derived, 0, sizeof(*derived));

    return hash[0] != '$'                      ? django_parse(hash, derived)
           : strncmp(hash, "$scrypt$", 8) == 0 ? scrypt_parse(hash, derived)
                                               : pbkdf2_parse(hash, derived);
}


static int
derived_known(const char *hash)
{
    derived_t derived;

    return derived_parse(hash, &derived) == 0
           && (derived.md
                   ? derived.digest_len == (size_t) EVP_MD_get_size(derived.md)
                   : derived.digest_len >= 32);
}


static int
derived_verify(const char *hash, const char *password, size_t len)
{
    int ok;
    derived_t derived;
    unsigned char digest[BYTES_MAX];

    if (derived_parse(hash, &derived) != 0) {
        return -1;
    }

    ok = derived.md
             ? PKCS5_PBKDF2_HMAC(password, (int) len, derived.salt,
                                 (int) derived.salt_len, (int) derived.rounds,
                                 derived.md, (int) derived.digest_len, digest)
             : EVP_PBE_scrypt(password, len, derived.salt, derived.salt_len,
                              derived.n, derived.r, derived.p,
                              2 * (uint64_t) SCRYPT_BYTES_MAX, digest,
                              derived.digest_len);

    return ok != 1
               ? -1
               : CRYPTO_memcmp(digest, derived.digest, derived.digest_len) == 0;
}


static const scheme_t schemes[] = {
    { "$argon2id$", argon2_known, argon2_matches },
    { "$argon2i$", argon2_known, argon2_matches },
    { "$argon2d$", argon2_known, argon2_matches },
    { "$2a$", bcrypt_known, crypt_verify },
    { "$2b$", bcrypt_known, crypt_verify },
    { "$2y$", bcrypt_known, crypt_verify },
    { "$5$", shacrypt_known, crypt_verify },
    { "$6$", shacrypt_known, crypt_verify },
    { "$7$", scrypt7_known, crypt_verify },
    { "$y$", yescrypt_known, crypt_verify },
    { "$pbkdf2-sha256$", derived_known, derived_verify },
    { "$pbkdf2-sha512$", derived_known, derived_verify },
    { "$pbkdf2$", derived_known, derived_verify },
    { "pbkdf2_sha256$", derived_known, derived_verify },
    { "$scrypt$ln=", derived_known, derived_verify },
    { NULL, NULL, NULL }
};


static const scheme_t *
scheme_of(const char *hash)
{
    const scheme_t *scheme;

    for (scheme = schemes; scheme->prefix; scheme++) {
        if (strncmp(hash, scheme->prefix, strlen(scheme->prefix)) == 0) {
            return scheme;
        }
    }

    return NULL;
}


int
password_foreign_known(const char *hash)
{
    const scheme_t *scheme = scheme_of(hash);

    return scheme != NULL && strlen(hash) < PASSWORD_ANY_SIZE
           && scheme->known(hash);
}


int
password_foreign(const char *hash, const char *password, size_t len)
{
    const scheme_t *scheme = scheme_of(hash);

    return scheme ? scheme->verify(hash, password, len) : -1;
}
