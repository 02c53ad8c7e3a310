#include <string.h>
#include "core/jose/jwa.h"
#include "tests/unit/suite.h"


START_TEST(each_algorithm_is_found_by_its_name)
{
    unsigned alg;

    for (alg = 0; alg < JWA_COUNT; alg++) {
        const char *name = jwa_name((jwa_t) alg);

        ck_assert_uint_eq(jwa_bit(name, strlen(name)), JWA_BIT(alg));
    }
}
END_TEST


START_TEST(names_are_exact)
{
    static const char *const names[] = {
        "",      "none",  "NONE",  "hs256", "HS256 ", "HS25",
        "HS384", "PS384", "ES512", "eddsa", "EDDSA",  "Ed25519"
    };
    size_t i;

    for (i = 0; i < COUNT(names); i++) {
        ck_assert_msg(jwa_bit(names[i], strlen(names[i])) == 0, "%s", names[i]);
    }

    ck_assert_uint_eq(jwa_bit("HS256\0", 6), 0);
}
END_TEST


START_TEST(the_one_of_a_set_is_found)
{
    ck_assert_int_eq(jwa_only(JWA_BIT(JWA_PS256)), JWA_PS256);
    ck_assert_int_eq(jwa_only(JWA_BIT(JWA_HS256)), JWA_HS256);
}
END_TEST


START_TEST(a_set_of_none_or_several_has_no_one)
{
    ck_assert_int_eq(jwa_only(0), JWA_COUNT);
    ck_assert_int_eq(jwa_only(JWA_RSA), JWA_COUNT);
}
END_TEST


RUN("core/jwa", each_algorithm_is_found_by_its_name, names_are_exact,
    the_one_of_a_set_is_found, a_set_of_none_or_several_has_no_one)
