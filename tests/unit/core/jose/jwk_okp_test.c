/* Keys on Ed25519: RFC 8032, RFC 8037. */

#include <stdio.h>
#include "tests/unit/keys.h"
#include "tests/unit/rfc.h"
#include "tests/unit/suite.h"


static const char *
set_of(const char *x, const char *d)
{
    static char json[512];

    snprintf(json, sizeof(json),
             "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"one\","
             "\"alg\":\"EdDSA\",\"x\":\"%s\"%s%s%s}]}",
             x, d ? ",\"d\":\"" : "", d ? d : "", d ? "\"" : "");

    return json;
}


static void
refuses_point(const unsigned char bytes[32])
{
    char x[44];

    x[base64url_encode(x, bytes, 32)] = '\0';
    keys_refused(set_of(x, NULL), JWK_OWN, "key \"one\"", "point of Ed25519");
}


START_TEST(the_key_of_rfc_8037_signs)
{
    jwk_set_t *set = keys_parse(set_of(RFC8037_X, RFC8037_D));

    ck_assert_ptr_nonnull(jwk_set_find(set, "one", 3, JWA_EDDSA));
    ck_assert_ptr_nonnull(jwk_set_signer(set, JWA_BIT(JWA_EDDSA), 0));
    jwk_set_free(set);
}
END_TEST


START_TEST(the_public_half_alone_does_not_sign)
{
    jwk_set_t *set = keys_parse(set_of(RFC8037_X, NULL));

    ck_assert_ptr_nonnull(jwk_set_find(set, "one", 3, JWA_EDDSA));
    ck_assert_ptr_null(jwk_set_signer(set, JWA_BIT(JWA_EDDSA), 0));
    jwk_set_free(set);
}
END_TEST


START_TEST(a_private_half_that_does_not_fit_is_refused)
{
    keys_refused(set_of(RFC8037_X, RFC7517_D), JWK_OWN, "key \"one\"",
                 "\"d\" does not fit \"x\"");
}
END_TEST


START_TEST(another_size_is_refused)
{
    keys_refused(set_of("AQAB", NULL), JWK_OWN, "\"x\"", "32 bytes");
    keys_refused(set_of(RFC8037_X, "AQAB"), JWK_OWN, "\"d\"", "32 bytes");
}
END_TEST


/* Under such a key one signature fits any message. */
START_TEST(points_of_small_order_are_refused)
{
    static const unsigned char points[][32] = {
        { 0x00 }, /* order 4 */
        { 0x01 }, /* order 1 */
        { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
          0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
          0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 }, /* 8 */
        { 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
          0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
          0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a }, /* 8 */
        { 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f } /* 2 */
    };
    unsigned char bytes[32];
    size_t i;

    for (i = 0; i < COUNT(points); i++) {
        memcpy(bytes, points[i], sizeof(bytes));
        refuses_point(bytes);
        bytes[31] |= 0x80; /* the other x */
        refuses_point(bytes);
    }
}
END_TEST


START_TEST(numbers_beyond_the_field_are_refused)
{
    unsigned char bytes[32];
    int low;

    memset(bytes, 0xff, sizeof(bytes));
    bytes[31] = 0x7f;

    /* 2^255 - 19 and those behind it say the same as 0, 1, 2... */
    for (low = 0xed; low <= 0xff; low++) {
        bytes[0] = (unsigned char) low;
        refuses_point(bytes);
    }
}
END_TEST


START_TEST(about_half_of_all_numbers_are_off_the_curve)
{
    /* y = 2 is: (y^2 - 1) / (d y^2 + 1) has no root */
    static const unsigned char off[32] = { 0x02 };

    refuses_point(off);
}
END_TEST


START_TEST(the_generator_is_a_good_point)
{
    unsigned char bytes[32]; /* 4/5: RFC 8032, 5.1 */
    char x[44];

    memset(bytes, 0x66, sizeof(bytes));
    bytes[0] = 0x58;
    x[base64url_encode(x, bytes, 32)] = '\0';
    jwk_set_free(keys_parse(set_of(x, NULL)));
}
END_TEST


RUN("core/jwk_okp", the_key_of_rfc_8037_signs,
    the_public_half_alone_does_not_sign,
    a_private_half_that_does_not_fit_is_refused, another_size_is_refused,
    points_of_small_order_are_refused, numbers_beyond_the_field_are_refused,
    about_half_of_all_numbers_are_off_the_curve, the_generator_is_a_good_point)
