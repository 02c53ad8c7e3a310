/* RSA keys that are too weak, each with its reason. */

#include <stdio.h>
#include <openssl/bn.h>
#include "core/jose/jwk_internal.h"
#include "tests/unit/foreign.h"
#include "tests/unit/keys.h"
#include "tests/unit/suite.h"

#define F4 65537


/* A set with one RSA key of these numbers. */
static const char *
set_of(const BIGNUM *n, const BIGNUM *e)
{
    static char json[4096];
    unsigned char bytes[2048];
    char text[2800], exponent[32];

    text[base64url_encode(text, bytes, (size_t) BN_bn2bin(n, bytes))] = '\0';
    exponent[base64url_encode(exponent, bytes, (size_t) BN_bn2bin(e, bytes))] =
        '\0';
    snprintf(json, sizeof(json),
             "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"one\",\"alg\":\"RS256\","
             "\"n\":\"%s\",\"e\":\"%s\"}]}",
             text, exponent);

    return json;
}


static BIGNUM *
number(BN_ULONG value)
{
    BIGNUM *bn = BN_new();

    BN_set_word(bn, value);

    return bn;
}


/* An odd number of so many bits without a small factor: all that is looked at.
   Whoever wants to factor it may try. */
static BIGNUM *
modulus(int bits)
{
    BIGNUM *n = BN_new();
    int divisor;

    do {
        BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
        for (divisor = 3;
             divisor < 168 && BN_mod_word(n, (BN_ULONG) divisor) != 0;
             divisor += 2) {
            /* void */
        }
    } while (divisor < 168);

    return n;
}


static void
refuses(BIGNUM *n, BIGNUM *e, const char *why)
{
    keys_refused(set_of(n, e), JWK_OWN, "key \"one\"", why);
    keys_refused(set_of(n, e), JWK_PUBLIC, "key \"one\"", why);
    BN_free(n);
    BN_free(e);
}


static void
takes(BIGNUM *n, BIGNUM *e)
{
    jwk_set_free(keys_parse(set_of(n, e)));
    BN_free(n);
    BN_free(e);
}


START_TEST(sizes_from_2048_to_8192_bits_are_taken)
{
    takes(modulus(2048), number(F4));
    takes(modulus(2056), number(F4));
    takes(modulus(8192), number(F4));
}
END_TEST


START_TEST(a_small_modulus_is_refused)
{
    refuses(modulus(512), number(F4), "2048");
    refuses(modulus(1024), number(F4), "2048");
    refuses(modulus(2047), number(F4), "2048");
}
END_TEST


START_TEST(a_huge_modulus_is_refused)
{
    refuses(modulus(8193), number(F4), "8192");
    refuses(modulus(16000), number(F4), "\"n\" must hold");
}
END_TEST


START_TEST(an_even_modulus_is_refused)
{
    BIGNUM *n = modulus(2048);

    BN_add_word(n, 1);
    refuses(n, number(F4), "even");
}
END_TEST


START_TEST(a_modulus_with_a_small_factor_is_refused)
{
    BIGNUM *n = modulus(2046);

    BN_mul_word(n, 5);
    refuses(n, number(F4), "factor");
}
END_TEST


START_TEST(an_exponent_of_one_is_refused)
{
    refuses(modulus(2048), number(1), "exponent");
}
END_TEST


START_TEST(an_even_exponent_is_refused)
{
    refuses(modulus(2048), number(2), "exponent");
    refuses(modulus(2048), number(65536), "exponent");
}
END_TEST


START_TEST(the_least_and_the_largest_exponent_are_taken)
{
    takes(modulus(2048), number(3));
    takes(modulus(2048), number(0xffffffff));
}
END_TEST


START_TEST(an_exponent_over_2_to_the_32_is_refused)
{
    refuses(modulus(2048), number(0x100000001), "exponent");
}
END_TEST


START_TEST(a_number_with_a_zero_in_front_is_refused)
{
    keys_refused("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"one\",\"alg\":"
                 "\"RS256\",\"n\":\"" FOREIGN_N "\",\"e\":\"AAEAAQ\"}]}",
                 JWK_OWN, "key \"one\"", "\"e\" starts with a zero byte");
}
END_TEST


START_TEST(a_number_that_is_missing_is_told)
{
    keys_refused("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"one\",\"alg\":"
                 "\"RS256\",\"e\":\"AQAB\"}]}",
                 JWK_OWN, "key \"one\"", "\"n\" is missing");
    keys_refused("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"one\",\"alg\":"
                 "\"RS256\",\"n\":\"" FOREIGN_N "\"}]}",
                 JWK_OWN, "key \"one\"", "\"e\" is missing");
}
END_TEST


/* k M + (65537^a mod M), M the product of the first 126 primes, as their
   smartcards made primes for 2048 bits; these need not be prime. */
static BIGNUM *
infineon(const BIGNUM *m, BN_CTX *ctx)
{
    BIGNUM *k = BN_new(), *a = BN_new(), *g = number(F4), *p = BN_new();

    BN_rand(a, 200, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
    BN_mod_exp(p, g, a, m, ctx);
    BN_rand(k, 1025 - BN_num_bits(m), BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ANY);
    BN_mul(k, k, m, ctx);
    BN_add(p, p, k);
    BN_free(g);
    BN_free(a);
    BN_free(k);

    return p;
}


static BIGNUM *
roca(void)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *m = number(1), *p, *q, *n = BN_new();
    BN_ULONG prime, divisor;

    for (prime = 2; prime <= 701; prime++) {
        for (divisor = 2; divisor < prime && prime % divisor != 0; divisor++) {
            /* void */
        }
        if (divisor == prime) {
            BN_mul_word(m, prime);
        }
    }

    p = infineon(m, ctx);
    q = infineon(m, ctx);
    BN_mul(n, p, q, ctx);
    BN_free(q);
    BN_free(p);
    BN_free(m);
    BN_CTX_free(ctx);

    return n;
}


START_TEST(a_modulus_of_infineons_primes_is_refused)
{
    BIGNUM *n = roca();

    ck_assert_int_ge(BN_num_bits(n), 2048);
    refuses(n, number(F4), "CVE-2017-15361");
}
END_TEST


START_TEST(the_fingerprint_of_roca_is_lost_with_one_residue)
{
    BIGNUM *n = roca();

    ck_assert_int_eq(jwk_rsa_is_roca(n), 1);
    BN_add_word(n, 2);
    ck_assert_int_eq(jwk_rsa_is_roca(n), 0);
    BN_free(n);
}
END_TEST


START_TEST(usual_moduli_have_no_fingerprint)
{
    BIGNUM *n;
    int i;

    for (i = 0; i < 1000; i++) {
        n = modulus(2048);
        ck_assert_int_eq(jwk_rsa_is_roca(n), 0);
        BN_free(n);
    }
}
END_TEST


RUN("core/jwk_rsa", sizes_from_2048_to_8192_bits_are_taken,
    a_small_modulus_is_refused, a_huge_modulus_is_refused,
    an_even_modulus_is_refused, a_modulus_with_a_small_factor_is_refused,
    an_exponent_of_one_is_refused, an_even_exponent_is_refused,
    the_least_and_the_largest_exponent_are_taken,
    an_exponent_over_2_to_the_32_is_refused,
    a_number_with_a_zero_in_front_is_refused, a_number_that_is_missing_is_told,
    a_modulus_of_infineons_primes_is_refused,
    the_fingerprint_of_roca_is_lost_with_one_residue,
    usual_moduli_have_no_fingerprint)
