#include <openssl/core_names.h>
#include "jwk_internal.h"

#define RSA_MIN_BITS 2048    /* RFC 7518, 3.3 */
#define EXPONENT_MAX_SIZE 8  /* bytes that are looked at */
#define EXPONENT_MAX_BITS 33 /* of 2^32, the largest that is taken */
#define ROCA_GENERATOR 65537

/* The primes from which all of Infineon's generators made their M. */
static const BN_ULONG primes[] = { 3,   5,   7,   11,  13,  17,  19,  23,
                                   29,  31,  37,  41,  43,  47,  53,  59,
                                   61,  67,  71,  73,  79,  83,  89,  97,
                                   101, 103, 107, 109, 113, 127, 131, 137,
                                   139, 149, 151, 157, 163, 167 };

#define PRIMES (sizeof(primes) / sizeof(primes[0]))


static int
is_power_of_generator(BN_ULONG residue, BN_ULONG prime)
{
    BN_ULONG power = 1;

    do {
        if (power == residue) {
            return 1;
        }

        power = power * (ROCA_GENERATOR % prime) % prime;
    } while (power != 1);

    return 0;
}


/* Their primes are k M + (65537^a mod M), M the product of the first primes, so
   that modulo each of those the product of two is a power of 65537 as well. Of
   other moduli one in 10^8 is. */
int
jwk_rsa_is_roca(const BIGNUM *n)
{
    size_t i;

    for (i = 0; i < PRIMES; i++) {
        if (!is_power_of_generator(BN_mod_word(n, primes[i]), primes[i])) {
            return 0;
        }
    }

    return 1;
}


static int
has_small_factor(const BIGNUM *n)
{
    size_t i;

    for (i = 0; i < PRIMES; i++) {
        if (BN_mod_word(n, primes[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


const char *
jwk_rsa_weakness(const BIGNUM *n, const BIGNUM *e)
{
    int bits;

    bits = BN_num_bits(n);

    if (bits < RSA_MIN_BITS || bits > JWK_RSA_MAX_BITS) {
        return "the RSA modulus must have 2048 to 8192 bits";
    }

    if (!BN_is_odd(n)) {
        return "the RSA modulus is even";
    }

    if (has_small_factor(n)) {
        return "the RSA modulus has a small factor";
    }

    /* odd, so that of 33 bits only 2^32 itself would be small enough */
    if (!BN_is_odd(e) || BN_is_one(e) || BN_num_bits(e) >= EXPONENT_MAX_BITS) {
        return "the RSA exponent must be odd, at least 3 and at most 2^32";
    }

    return jwk_rsa_is_roca(n) ? "the RSA modulus is weak: CVE-2017-15361 (ROCA)"
                              : NULL;
}


static EVP_PKEY *
build_pkey(const BIGNUM *n, const BIGNUM *e)
{
    OSSL_PARAM_BLD *bld;
    EVP_PKEY *pkey = NULL;

    bld = OSSL_PARAM_BLD_new();

    if (bld != NULL
        && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1
        && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        pkey = jwk_build_pkey("RSA", bld, EVP_PKEY_PUBLIC_KEY);
    }

    OSSL_PARAM_BLD_free(bld);

    return pkey;
}


/* Base64urlUInt: RFC 7518, section 2. */
static BIGNUM *
read_number(const json_t *item, const char *name, size_t max,
            jwk_complaint_t *err)
{
    unsigned char bytes[JWK_RSA_MAX_SIZE + 1];
    BIGNUM *number;
    ssize_t len;

    len = jwk_read_bytes(item, name, bytes, 1, max, err);
    if (len == -1) {
        return NULL;
    }

    if (bytes[0] == 0) {
        (void) jwk_complain(err, "\"%s\" starts with a zero byte", name);
        return NULL;
    }

    number = BN_bin2bn(bytes, (int) len, NULL);
    if (number == NULL) {
        (void) jwk_complain(err, "out of memory");
    }

    return number;
}


int
jwk_rsa_read(const json_t *item, jwk_t *key, jwk_complaint_t *err)
{
    const char *weakness;
    BIGNUM *n, *e = NULL;
    int rc = -1;

    key->algs &= JWA_RSA;

    if (key->algs == 0) {
        return jwk_complain(err, "\"alg\" of an \"RSA\" key must be \"RS256\", "
                                 "\"RS384\", \"RS512\" or \"PS256\"");
    }

    /* a byte more than there may be, so that the sentence tells the bits */
    n = read_number(item, "n", JWK_RSA_MAX_SIZE + 1, err);
    if (n != NULL) {
        e = read_number(item, "e", EXPONENT_MAX_SIZE, err);
    }

    if (e == NULL) {
        goto done;
    }

    weakness = jwk_rsa_weakness(n, e);
    if (weakness != NULL) {
        (void) jwk_complain(err, "%s", weakness);
        goto done;
    }

    key->signs = 0;
    key->pkey = build_pkey(n, e);
    rc = (key->pkey != NULL) ? 0
                             : jwk_complain(err, "OpenSSL takes no RSA key");

done:

    BN_free(e);
    BN_free(n);

    return rc;
}
