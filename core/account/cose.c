#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include "core/jose/base64url.h"
#include "core/jose/jwk.h"
#include "cose.h"

#define COSE_MEMBERS_MAX 16

#define COSE_KTY 1 /* RFC 9052, 7.1 */
#define COSE_ALG 3
#define COSE_CRV (-1) /* of RSA the modulus: RFC 9053, 7; RFC 8230, 4 */
#define COSE_X (-2)   /* of RSA the exponent */
#define COSE_Y (-3)

#define COSE_KTY_OKP 1
#define COSE_KTY_EC2 2
#define COSE_KTY_RSA 3

#define COSE_P256 1
#define COSE_ED25519 6

#define COSE_COORDINATE 32 /* bytes, of both curves */

typedef struct {
    ctap_item_t kty, alg, crv, x, y; /* CTAP_OTHER: not there */
} cose_key_t;


static ctap_item_t *
cose_member(cose_key_t *key, const ctap_item_t *label)
{
    if (label->kind != CTAP_INT) {
        return NULL;
    }

    switch (label->number) {
    case COSE_KTY:
        return &key->kty;
    case COSE_ALG:
        return &key->alg;
    case COSE_CRV:
        return &key->crv;
    case COSE_X:
        return &key->x;
    case COSE_Y:
        return &key->y;
    default:
        return NULL;
    }
}


static int
cose_read_members(ctap_reader_t *reader, cose_key_t *key)
{
    size_t i;
    ctap_item_t map, label, *member;
    const ctap_item_t none = { CTAP_OTHER, 0, 0, NULL };

    key->kty = key->alg = key->crv = key->x = key->y = none;

    if (ctap_next(reader, &map) != 0 || map.kind != CTAP_MAP
        || map.len > COSE_MEMBERS_MAX) {
        return -1;
    }

    for (i = 0; i < map.len; i++) {
        if (ctap_next(reader, &label) != 0) {
            return -1;
        }

        member = cose_member(key, &label);

        if (member && member->kind != CTAP_OTHER) {
            return -1; /* twice */
        }

        if ((label.kind != CTAP_INT && label.kind != CTAP_TEXT)
            || (member ? ctap_next(reader, member) : ctap_skip(reader)) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
cose_is(const ctap_item_t *item, int64_t number)
{
    return item->kind == CTAP_INT && item->number == number;
}


static int
cose_is_bytes(const ctap_item_t *item, size_t least, size_t most)
{
    return item->kind == CTAP_BYTES && item->len >= least && item->len <= most;
}


/* ,"<name>":"<base64url>" */

static char *
cose_write_bytes(char *p, const char *name, const ctap_item_t *item)
{
    p += sprintf(p, ",\"%s\":\"", name);
    p += base64url_encode(p, item->bytes, item->len);

    return p + sprintf(p, "\"");
}


static int
cose_write(const cose_key_t *key, char *p)
{
    p += sprintf(p, "{\"kid\":\"passkey\"");

    if (cose_is(&key->kty, COSE_KTY_EC2) && cose_is(&key->alg, COSE_ES256)
        && cose_is(&key->crv, COSE_P256)
        && cose_is_bytes(&key->x, COSE_COORDINATE, COSE_COORDINATE)
        && cose_is_bytes(&key->y, COSE_COORDINATE, COSE_COORDINATE)) {
        p += sprintf(p, ",\"alg\":\"ES256\",\"kty\":\"EC\",\"crv\":\"P-256\"");
        p = cose_write_bytes(p, "x", &key->x);
        p = cose_write_bytes(p, "y", &key->y);

    } else if (cose_is(&key->kty, COSE_KTY_OKP)
               && cose_is(&key->alg, COSE_EDDSA)
               && cose_is(&key->crv, COSE_ED25519)
               && cose_is_bytes(&key->x, COSE_COORDINATE, COSE_COORDINATE)) {
        p += sprintf(p,
                     ",\"alg\":\"EdDSA\",\"kty\":\"OKP\",\"crv\":\"Ed25519\"");
        p = cose_write_bytes(p, "x", &key->x);

    } else if (cose_is(&key->kty, COSE_KTY_RSA)
               && cose_is(&key->alg, COSE_RS256)
               && cose_is_bytes(&key->crv, 1, COSE_RSA_MAX)
               && cose_is_bytes(&key->x, 1, COSE_EXPONENT_MAX)) {
        p += sprintf(p, ",\"alg\":\"RS256\",\"kty\":\"RSA\"");
        p = cose_write_bytes(p, "n", &key->crv);
        p = cose_write_bytes(p, "e", &key->x);

    } else {
        return -1;
    }

    (void) sprintf(p, "}");

    return 0;
}


/* A set of this one; NULL when it is not sound. */

static jwk_set_t *
cose_set(const char *jwk)
{
    int n;
    char err[256], set[COSE_JWK_SIZE + sizeof("{\"keys\":[]}")];

    n = snprintf(set, sizeof(set), "{\"keys\":[%s]}", jwk);

    return n > 0 && (size_t) n < sizeof(set)
               ? jwk_set_parse(set, (size_t) n, JWK_PUBLIC, err, sizeof(err))
               : NULL;
}


int
cose_read(ctap_reader_t *reader, char jwk[COSE_JWK_SIZE])
{
    cose_key_t key;
    jwk_set_t *set;

    if (cose_read_members(reader, &key) != 0 || cose_write(&key, jwk) != 0) {
        return -1;
    }

    set = cose_set(jwk);

    if (set == NULL || jwk_set_count(set) != 1) {
        jwk_set_free(set);
        return -1;
    }

    jwk_set_free(set);

    return 0;
}


int
cose_verify(const char *jwk, const unsigned char *bytes, size_t len,
            const unsigned char *signature, size_t signature_len)
{
    int rc = 0;
    jwk_set_t *set;
    EVP_MD_CTX *ctx = NULL;
    const jwk_t *key;
    const EVP_MD *md;

    set = cose_set(jwk);
    key = set && jwk_set_count(set) == 1 ? jwk_set_key(set, 0) : NULL;

    if (key == NULL || key->pkey == NULL) {
        goto done;
    }

    md = key->algs == JWA_BIT(JWA_EDDSA) ? NULL : EVP_sha256();
    ctx = EVP_MD_CTX_new();

    rc = ctx && EVP_DigestVerifyInit(ctx, NULL, md, NULL, key->pkey) == 1
         && EVP_DigestVerify(ctx, signature, signature_len, bytes, len) == 1;

done:

    ERR_clear_error();
    EVP_MD_CTX_free(ctx);
    jwk_set_free(set);

    return rc;
}
