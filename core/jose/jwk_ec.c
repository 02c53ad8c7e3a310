#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include "jwk_internal.h"

/* 0x04 || x || y: SEC 1, 2.3.3 */
#define POINT_SIZE(curve) (1 + 2 * (curve)->size)
#define POINT_MAX_SIZE (1 + 2 * JWK_P384_SIZE)


/* NULL when the point is off the curve, or memory short. `d` may be NULL. */
static EVP_PKEY *
build_pkey(const jwk_curve_t *curve, const unsigned char *point,
           const BIGNUM *d)
{
    OSSL_PARAM_BLD *bld;
    EVP_PKEY *pkey = NULL;

    bld = OSSL_PARAM_BLD_new();

    if (bld != NULL
        && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                           curve->group, 0)
               == 1
        && OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point,
                                            POINT_SIZE(curve))
               == 1
        && (d == NULL
            || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1)) {
        pkey = jwk_build_pkey(
            "EC", bld, (d != NULL) ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY);
    }

    OSSL_PARAM_BLD_free(bld);

    return pkey;
}


int
jwk_ec_good(EVP_PKEY *pkey, int private)
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
read_private(const json_t *item, const jwk_curve_t *curve,
             const unsigned char *point, jwk_t *key, jwk_complaint_t *err)
{
    unsigned char bytes[JWK_P384_SIZE];
    BIGNUM *d;

    if (jwk_read_bytes(item, "d", bytes, curve->size, curve->size, err) == -1) {
        return -1;
    }

    d = BN_secure_new();

    if (d != NULL && BN_bin2bn(bytes, (int) curve->size, d) != NULL) {
        BN_set_flags(d, BN_FLG_CONSTTIME);
        EVP_PKEY_free(key->pkey);
        key->pkey = build_pkey(curve, point, d);
    }

    OPENSSL_cleanse(bytes, sizeof(bytes));
    BN_clear_free(d);

    key->private = 1;

    if (key->pkey == NULL || !jwk_ec_good(key->pkey, 1)) {
        return jwk_complain(err, "\"d\" does not fit \"x\" and \"y\"");
    }

    return 0;
}


int
jwk_ec_read(const json_t *item, jwk_t *key, jwk_complaint_t *err)
{
    unsigned char point[POINT_MAX_SIZE];
    const jwk_curve_t *curve;

    curve = jwk_curve(json_string_value(json_object_get(item, "crv")));

    if ((key->algs & JWA_BIT(curve->alg)) == 0) {
        return jwk_complain(err, "\"alg\" of a key on %s must be \"%s\"",
                            curve->crv, jwa_name(curve->alg));
    }

    point[0] = POINT_CONVERSION_UNCOMPRESSED;

    if (jwk_read_bytes(item, "x", point + 1, curve->size, curve->size, err)
            == -1
        || jwk_read_bytes(item, "y", point + 1 + curve->size, curve->size,
                          curve->size, err)
               == -1) {
        return -1;
    }

    key->algs = JWA_BIT(curve->alg);
    key->pkey = build_pkey(curve, point, NULL);

    if (key->pkey == NULL || !jwk_ec_good(key->pkey, 0)) {
        return jwk_complain(err, "\"x\" and \"y\" are not a point of %s",
                            curve->crv);
    }

    return (json_object_get(item, "d") != NULL)
               ? read_private(item, curve, point, key, err)
               : 0;
}
