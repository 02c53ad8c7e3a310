#include <string.h>
#include <openssl/crypto.h>
#include "jwk_internal.h"

/* RFC 7748, 4.1: p = 2^255 - 19, d = -121665/121666 */
#define ED25519_P \
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"
#define ED25519_D \
    "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3"


/* A public key is y and the lowest bit of x (RFC 8032, 5.1.2), and x^2 is
   (y^2 - 1) / (d y^2 + 1), which must be a square. Of order 1, 2, 4 are the
   points where y^2 is 1 or 0; a point of order 8 doubles to one with y = 0,
   that is where d y^4 + 2 y^2 - 1 is 0. A signature under such a key fits
   any message. OpenSSL looks at neither. */
static int
point_is_good(BIGNUM *y, const BIGNUM *p, const BIGNUM *d, BN_CTX *ctx)
{
    BIGNUM *square, *u, *v, *eighth;

    square = BN_CTX_get(ctx);
    u = BN_CTX_get(ctx);
    v = BN_CTX_get(ctx);
    eighth = BN_CTX_get(ctx);

    if (eighth == NULL || BN_cmp(y, p) >= 0 || !BN_mod_sqr(square, y, p, ctx)
        || !BN_mod_sub(u, square, BN_value_one(), p, ctx)
        || !BN_mod_mul(v, square, d, p, ctx)
        || !BN_mod_add(v, v, BN_value_one(), p, ctx)
        || !BN_mod_mul(eighth, v, square, p, ctx)
        || !BN_mod_add(eighth, eighth, u, p, ctx)
        || !BN_mod_mul(v, v, u, p, ctx)) {
        return 0;
    }

    return !BN_is_zero(square) && !BN_is_zero(u) && !BN_is_zero(eighth)
           && BN_kronecker(v, p, ctx) == 1;
}


static int
public_is_good(const unsigned char x[JWK_ED25519_SIZE])
{
    unsigned char bytes[JWK_ED25519_SIZE];
    BIGNUM *p = NULL, *d = NULL, *y;
    BN_CTX *ctx;
    int ok;

    memcpy(bytes, x, sizeof(bytes));
    bytes[JWK_ED25519_SIZE - 1] &= 0x7f;

    ctx = BN_CTX_new();
    y = BN_lebin2bn(bytes, JWK_ED25519_SIZE, NULL);

    ok = ctx != NULL && y != NULL && BN_hex2bn(&p, ED25519_P) != 0
         && BN_hex2bn(&d, ED25519_D) != 0 && point_is_good(y, p, d, ctx);

    BN_free(y);
    BN_free(d);
    BN_free(p);
    BN_CTX_free(ctx);

    return ok;
}


static int
read_private(const json_t *item, const unsigned char x[JWK_ED25519_SIZE],
             jwk_t *key, jwk_complaint_t *err)
{
    unsigned char d[JWK_ED25519_SIZE], fits[JWK_ED25519_SIZE];
    size_t len = sizeof(fits);

    if (jwk_read_bytes(item, "d", d, sizeof(d), sizeof(d), err) == -1) {
        return -1;
    }

    EVP_PKEY_free(key->pkey);
    key->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, d,
                                             sizeof(d));
    OPENSSL_cleanse(d, sizeof(d));
    key->private = 1;

    if (key->pkey == NULL
        || EVP_PKEY_get_raw_public_key(key->pkey, fits, &len) != 1
        || memcmp(fits, x, JWK_ED25519_SIZE) != 0) {
        return jwk_complain(err, "\"d\" does not fit \"x\"");
    }

    return 0;
}


int
jwk_okp_read(const json_t *item, jwk_t *key, jwk_complaint_t *err)
{
    unsigned char x[JWK_ED25519_SIZE];

    if ((key->algs & JWA_BIT(JWA_EDDSA)) == 0) {
        return jwk_complain(err, "\"alg\" of an \"OKP\" key must be \"EdDSA\"");
    }

    if (jwk_read_bytes(item, "x", x, sizeof(x), sizeof(x), err) == -1) {
        return -1;
    }

    if (!public_is_good(x)) {
        return jwk_complain(err, "\"x\" is not a point of Ed25519, or one of "
                                 "small order");
    }

    key->algs = JWA_BIT(JWA_EDDSA);
    key->pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x,
                                            sizeof(x));
    if (key->pkey == NULL) {
        return jwk_complain(err, "OpenSSL takes no Ed25519 key");
    }

    return (json_object_get(item, "d") != NULL)
               ? read_private(item, x, key, err)
               : 0;
}
