#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include "base64url.h"
#include "claim.h"
#include "jwk.h"
#include "jwk_set.h"

#define SET_MAX_SIZE (64 * 1024)
#define HS256_MAX_SIZE 1024
#define POINT_SIZE (1 + 2 * JWK_P256_SIZE) /* 0x04 || x || y: SEC 1, 2.3.3 */

/* Where a complaint goes, and which key it is about. */
typedef struct {
    char *text;
    size_t size;
    char key[JWK_KID_MAX + 16];
} complaint_t;


static int __attribute__((format(printf, 2, 3)))
complain(complaint_t *err, const char *fmt, ...)
{
    va_list args;
    int n = 0;

    if (err->size == 0) {
        return -1;
    }

    if (err->key[0] != '\0') {
        n = snprintf(err->text, err->size, "%s: ", err->key);
    }

    if (n >= 0 && (size_t) n < err->size) {
        va_start(args, fmt);
        (void) vsnprintf(err->text + n, err->size - (size_t) n, fmt, args);
        va_end(args);
    }

    return -1;
}


/* It is written into token headers and messages as it stands. */
static int
kid_is_plain(const char *kid, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (kid[i] <= ' ' || kid[i] > '~' || kid[i] == '"' || kid[i] == '\\') {
            return 0;
        }
    }

    return len > 0 && len <= JWK_KID_MAX;
}


static int
read_kid(const json_t *item, jwk_t *key, complaint_t *err)
{
    const json_t *kid;
    size_t len;

    kid = json_object_get(item, "kid");
    if (kid == NULL) {
        return complain(err, "\"kid\" is missing");
    }

    len = json_string_length(kid);

    if (!json_is_string(kid) || !kid_is_plain(json_string_value(kid), len)) {
        return complain(err,
                        "\"kid\" must be a string of 1 to %d printable ASCII "
                        "characters without spaces, quotes and backslashes",
                        JWK_KID_MAX);
    }

    key->kid = strdup(json_string_value(kid));
    if (key->kid == NULL) {
        return complain(err, "out of memory");
    }

    key->kid_len = len;
    (void) snprintf(err->key, sizeof(err->key), "key \"%s\"", key->kid);

    return 0;
}


/* Decodes a member of exactly or at least `min` bytes; the size, or -1. */
static ssize_t
read_bytes(const json_t *item, const char *name, unsigned char *dst, size_t min,
           size_t max, complaint_t *err)
{
    const json_t *member;
    size_t len;
    ssize_t n;

    member = json_object_get(item, name);
    if (member == NULL) {
        return complain(err, "\"%s\" is missing", name);
    }

    if (!json_is_string(member)) {
        return complain(err, "\"%s\" must be a string", name);
    }

    len = json_string_length(member);

    if (base64url_decoded_size(len) < min
        || base64url_decoded_size(len) > max) {
        return (min == max)
                   ? complain(err, "\"%s\" must hold %zu bytes", name, min)
                   : complain(err, "\"%s\" must hold %zu to %zu bytes", name,
                              min, max);
    }

    n = base64url_decode(dst, json_string_value(member), len);
    if (n == -1) {
        return complain(err, "\"%s\" is not base64url without padding", name);
    }

    return n;
}


static EVP_MAC_CTX *
prepare_mac(const unsigned char *secret, size_t len)
{
    static char digest[] = "SHA256";
    EVP_MAC *mac;
    EVP_MAC_CTX *ctx;
    OSSL_PARAM params[2];

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
                                                 0);
    params[1] = OSSL_PARAM_construct_end();

    mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    ctx = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);

    if (ctx == NULL || EVP_MAC_init(ctx, secret, len, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


static int
read_oct(const json_t *item, jwk_t *key, complaint_t *err)
{
    unsigned char secret[HS256_MAX_SIZE];
    ssize_t len;

    if (!claim_is(json_object_get(item, "alg"), "HS256")) {
        return complain(err, "\"alg\" of an \"oct\" key must be \"HS256\"");
    }

    len = read_bytes(item, "k", secret, JWK_HS256_MIN_SIZE, HS256_MAX_SIZE,
                     err);
    if (len == -1) {
        return -1;
    }

    key->alg = JWA_HS256;
    key->mac = prepare_mac(secret, (size_t) len);
    OPENSSL_cleanse(secret, sizeof(secret));

    return (key->mac != NULL) ? 0 : complain(err, "OpenSSL takes no HMAC key");
}


/* NULL when the point is off the curve, or memory short. `d` may be NULL. */
static EVP_PKEY *
build_pkey(const unsigned char point[POINT_SIZE], const BIGNUM *d)
{
    static const char group[] = "P-256";
    OSSL_PARAM_BLD *bld;
    OSSL_PARAM *params;
    EVP_PKEY_CTX *ctx;
    EVP_PKEY *pkey;

    pkey = NULL;
    params = NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    bld = OSSL_PARAM_BLD_new();

    if (ctx == NULL || bld == NULL
        || OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                           group, 0)
               != 1
        || OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point,
                                            POINT_SIZE)
               != 1
        || (d != NULL
            && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) != 1)) {
        goto done;
    }

    params = OSSL_PARAM_BLD_to_param(bld);

    if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(
               ctx, &pkey, (d != NULL) ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
               params)
               != 1) {
        pkey = NULL;
    }

done:

    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    EVP_PKEY_CTX_free(ctx);

    return pkey;
}


static int
check_pkey(EVP_PKEY *pkey, int private)
{
    EVP_PKEY_CTX *ctx;
    int ok;

    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    ok = (ctx != NULL && EVP_PKEY_public_check(ctx) == 1
          && (!private
              || (EVP_PKEY_private_check(ctx) == 1
                  && EVP_PKEY_pairwise_check(ctx) == 1)));

    EVP_PKEY_CTX_free(ctx);

    return ok;
}


static int
read_ec_private(const json_t *item, const unsigned char point[POINT_SIZE],
                jwk_t *key, complaint_t *err)
{
    unsigned char bytes[JWK_P256_SIZE];
    BIGNUM *d;

    if (read_bytes(item, "d", bytes, JWK_P256_SIZE, JWK_P256_SIZE, err) == -1) {
        return -1;
    }

    d = BN_secure_new();

    if (d != NULL && BN_bin2bn(bytes, JWK_P256_SIZE, d) != NULL) {
        BN_set_flags(d, BN_FLG_CONSTTIME);
        key->pkey = build_pkey(point, d);
    }

    OPENSSL_cleanse(bytes, sizeof(bytes));
    BN_clear_free(d);

    key->private = 1;

    if (key->pkey == NULL || !check_pkey(key->pkey, 1)) {
        return complain(err, "\"d\" does not fit \"x\" and \"y\"");
    }

    return 0;
}


static int
read_ec(const json_t *item, jwk_t *key, complaint_t *err)
{
    unsigned char point[POINT_SIZE];

    if (!claim_is(json_object_get(item, "crv"), "P-256")) {
        return complain(err, "\"crv\" must be \"P-256\"");
    }

    if (!claim_is(json_object_get(item, "alg"), "ES256")) {
        return complain(err, "\"alg\" of an \"EC\" key must be \"ES256\"");
    }

    point[0] = POINT_CONVERSION_UNCOMPRESSED;

    if (read_bytes(item, "x", point + 1, JWK_P256_SIZE, JWK_P256_SIZE, err)
            == -1
        || read_bytes(item, "y", point + 1 + JWK_P256_SIZE, JWK_P256_SIZE,
                      JWK_P256_SIZE, err)
               == -1) {
        return -1;
    }

    key->alg = JWA_ES256;
    key->pkey = build_pkey(point, NULL);

    if (key->pkey == NULL || !check_pkey(key->pkey, 0)) {
        return complain(err, "\"x\" and \"y\" are not a point of P-256");
    }

    if (json_object_get(item, "d") == NULL) {
        return 0;
    }

    EVP_PKEY_free(key->pkey);
    key->pkey = NULL;

    return read_ec_private(item, point, key, err);
}


static int
read_key(const json_t *item, jwk_t *key, complaint_t *err)
{
    const json_t *use, *kty;

    if (!json_is_object(item)) {
        return complain(err, "a key must be an object");
    }

    if (read_kid(item, key, err) != 0) {
        return -1;
    }

    use = json_object_get(item, "use");
    if (use != NULL && !claim_is(use, "sig")) {
        return complain(err, "\"use\" must be \"sig\"");
    }

    if (json_object_get(item, "alg") == NULL) {
        return complain(err, "\"alg\" is missing");
    }

    kty = json_object_get(item, "kty");

    if (claim_is(kty, "oct")) {
        return read_oct(item, key, err);
    }

    if (claim_is(kty, "EC")) {
        return read_ec(item, key, err);
    }

    return complain(err, "\"kty\" must be \"oct\" or \"EC\"");
}


static int
kid_is_taken(const jwk_set_t *set, const jwk_t *key)
{
    const jwk_t *other;

    for (other = set->keys; other < key; other++) {
        if (strcmp(other->kid, key->kid) == 0) {
            return 1;
        }
    }

    return 0;
}


static jwk_set_t *
read_set(json_t *root, complaint_t *err)
{
    const json_t *items;
    jwk_set_t *set;
    jwk_t *key;
    size_t i, n;

    items = json_object_get(root, "keys");
    n = json_array_size(items);

    if (!json_is_array(items)) {
        (void) complain(err, "\"keys\" must be an array");
        return NULL;
    }

    set = calloc(1, sizeof(jwk_set_t) + n * sizeof(jwk_t));
    if (set == NULL) {
        (void) complain(err, "out of memory");
        return NULL;
    }

    for (i = 0; i < n; i++) {
        key = &set->keys[i];
        set->count = i + 1;
        (void) snprintf(err->key, sizeof(err->key), "key %zu", i + 1);

        if (read_key(json_array_get(items, i), key, err) != 0) {
            goto failed;
        }

        if (kid_is_taken(set, key)) {
            (void) complain(err, "\"kid\" stands twice in the set");
            goto failed;
        }
    }

    return set;

failed:

    ERR_clear_error();
    jwk_set_free(set);

    return NULL;
}


jwk_set_t *
jwk_set_parse(const char *json, size_t len, char *err, size_t err_size)
{
    complaint_t complaint = { err, err_size, "" };
    json_error_t error;
    json_t *root;
    jwk_set_t *set;

    if (len > SET_MAX_SIZE) {
        (void) complain(&complaint, "a key set takes at most %d bytes",
                        SET_MAX_SIZE);
        return NULL;
    }

    root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        /* error.text may quote the line, and with it a secret */
        (void) complain(&complaint, "not strict JSON at line %d, column %d",
                        error.line, error.column);
        return NULL;
    }

    set = read_set(root, &complaint);

    jwk_set_wipe(root);
    json_decref(root);

    return set;
}


static ssize_t
read_all(int fd, char *buf, size_t size)
{
    size_t len;
    ssize_t n;

    for (len = 0; len < size; len += (size_t) n) {
        n = read(fd, buf + len, size - len);

        if (n == 0) {
            break;
        }

        if (n == -1) {
            if (errno != EINTR) {
                return -1;
            }

            n = 0;
        }
    }

    return (ssize_t) len;
}


jwk_set_t *
jwk_set_read(const char *path, char *err, size_t err_size)
{
    complaint_t complaint = { err, err_size, "" };
    char *text = NULL;
    jwk_set_t *set = NULL;
    struct stat st;
    ssize_t len;
    int fd;

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd == -1 || fstat(fd, &st) == -1) {
        (void) complain(&complaint, "%s", strerror(errno));
        goto done;
    }

    if (!S_ISREG(st.st_mode)) {
        (void) complain(&complaint, "not a regular file");
        goto done;
    }

    if (st.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)) {
        (void) complain(&complaint,
                        "group or others may use the file (mode %04o); "
                        "run chmod 600 on it",
                        (unsigned) (st.st_mode & 07777));
        goto done;
    }

    /* one byte more than a set may have, so that a longer one is seen */
    text = malloc(SET_MAX_SIZE + 1);
    if (text == NULL) {
        (void) complain(&complaint, "out of memory");
        goto done;
    }

    len = read_all(fd, text, SET_MAX_SIZE + 1);

    if (len == -1) {
        (void) complain(&complaint, "%s", strerror(errno));

    } else {
        set = jwk_set_parse(text, (size_t) len, err, err_size);
    }

    OPENSSL_cleanse(text, SET_MAX_SIZE + 1);

done:

    free(text);

    if (fd != -1) {
        (void) close(fd);
    }

    return set;
}


void
jwk_set_free(jwk_set_t *set)
{
    size_t i;

    if (set == NULL) {
        return;
    }

    for (i = 0; i < set->count; i++) {
        EVP_MAC_CTX_free(set->keys[i].mac);
        EVP_PKEY_free(set->keys[i].pkey);
        free(set->keys[i].kid);
    }

    free(set);
}


const jwk_t *
jwk_set_find(const jwk_set_t *set, const char *kid, size_t kid_len, jwa_t alg)
{
    const jwk_t *key;

    for (key = set->keys; key < set->keys + set->count; key++) {
        if (key->alg == alg && key->kid_len == kid_len
            && memcmp(key->kid, kid, kid_len) == 0) {
            return key;
        }
    }

    return NULL;
}


const jwk_t *
jwk_set_signer(const jwk_set_t *set, jwa_t alg)
{
    const jwk_t *key;

    for (key = set->keys; key < set->keys + set->count; key++) {
        if (key->alg == alg && (alg == JWA_HS256 || key->private)) {
            return key;
        }
    }

    return NULL;
}
