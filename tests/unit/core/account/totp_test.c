#include <string.h>
#include "core/account/totp.h"
#include "tests/unit/suite.h"

/* Of RFC 4226, appendix D, and RFC 6238, appendix B. */
static const char secret[] = "12345678901234567890";

#define LEN (sizeof(secret) - 1)
#define NOW 1800000000
#define STEP (NOW / TOTP_STEP)


static int64_t
find(int64_t step, int64_t after)
{
    return totp_find(secret, LEN, totp_code(secret, LEN, (uint64_t) step), NOW,
                     after);
}


START_TEST(codes_are_those_of_rfc_4226)
{
    size_t i;
    static const int32_t codes[] = { 755224, 287082, 359152, 969429, 338314,
                                     254676, 287922, 162583, 399871, 520489 };

    for (i = 0; i < COUNT(codes); i++) {
        ck_assert_int_eq(totp_code(secret, LEN, i), codes[i]);
    }
}
END_TEST


/* There codes have eight digits: six are the last of them. */
START_TEST(codes_are_those_of_rfc_6238)
{
    size_t i;
    static const struct {
        int64_t at;
        int32_t code;
    } vectors[] = {
        { 59, 94287082 },         { 1111111109, 7081804 },
        { 1111111111, 14050471 }, { 1234567890, 89005924 },
        { 2000000000, 69279037 }, { 20000000000, 65353130 },
    };

    for (i = 0; i < COUNT(vectors); i++) {
        ck_assert_int_eq(totp_find(secret, LEN, vectors[i].code % 1000000,
                                   vectors[i].at, -1),
                         vectors[i].at / TOTP_STEP);
    }
}
END_TEST


START_TEST(the_steps_beside_this_one_are_good_and_no_others)
{
    ck_assert_int_eq(find(STEP - 2, -1), -1);
    ck_assert_int_eq(find(STEP - 1, -1), STEP - 1);
    ck_assert_int_eq(find(STEP, -1), STEP);
    ck_assert_int_eq(find(STEP + 1, -1), STEP + 1);
    ck_assert_int_eq(find(STEP + 2, -1), -1);
}
END_TEST


START_TEST(a_code_is_good_once_and_so_are_those_before_it)
{
    ck_assert_int_eq(find(STEP, STEP - 1), STEP);
    ck_assert_int_eq(find(STEP, STEP), -1);
    ck_assert_int_eq(find(STEP - 1, STEP), -1);
    ck_assert_int_eq(find(STEP + 1, STEP), STEP + 1);
}
END_TEST


START_TEST(no_code_is_none)
{
    ck_assert_int_eq(totp_find(secret, LEN, -1, NOW, -1), -1);
    ck_assert_int_eq(totp_find(secret, LEN, 0, 0, -1), -1);
}
END_TEST


START_TEST(people_may_write_blanks_between)
{
    ck_assert_int_eq(totp_read("123456", 6), 123456);
    ck_assert_int_eq(totp_read("000001", 6), 1);
    ck_assert_int_eq(totp_read(" 123 456 ", 9), 123456);
    ck_assert_int_eq(totp_read("12-34-56", 8), 123456);
}
END_TEST


START_TEST(what_is_not_six_digits_is_none)
{
    size_t i;
    static const char *const bad[] = {
        "",
        "12345",
        "1234567",
        "12345a",
        "+12345",
        "-1.0e+3",
        "0x1234",
        "\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6",
        "1 2 3",
        "123456\n",
        "                                 123456"
    };

    for (i = 0; i < COUNT(bad); i++) {
        ck_assert_msg(totp_read(bad[i], strlen(bad[i])) == -1, "%s", bad[i]);
    }

    ck_assert_int_eq(totp_read("123\0456", 7), -1);
}
END_TEST


START_TEST(a_uri_has_all_that_an_authenticator_asks_for)
{
    char *uri = totp_uri("media.example.org", 17, "ada@example.org",
                         (const unsigned char *) secret);

    ck_assert_str_eq(uri, "otpauth://totp/media.example.org:ada%40example.org"
                          "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                          "&issuer=media.example.org"
                          "&algorithm=SHA1&digits=6&period=30");
    free(uri);
}
END_TEST


START_TEST(what_would_end_a_part_of_the_uri_is_encoded)
{
    char *uri = totp_uri("a:b/c", 5, "x?y&z=%\xc3\xa9 \"",
                         (const unsigned char *) secret);

    ck_assert_ptr_nonnull(
        strstr(uri, "totp/a%3Ab%2Fc:x%3Fy%26z%3D%25%C3%A9%20%22?secret="));
    ck_assert_ptr_nonnull(strstr(uri, "&issuer=a%3Ab%2Fc&"));
    free(uri);
}
END_TEST


START_TEST(secrets_differ_and_are_written_as_base32)
{
    unsigned char one[TOTP_SECRET_SIZE], other[TOTP_SECRET_SIZE];
    char text[TOTP_SECRET_TEXT];

    ck_assert_int_eq(totp_make(one), 0);
    ck_assert_int_eq(totp_make(other), 0);
    ck_assert_mem_ne(one, other, sizeof(one));

    totp_secret(one, text);
    ck_assert_uint_eq(strlen(text), TOTP_SECRET_TEXT - 1);
    ck_assert_uint_eq(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
                      TOTP_SECRET_TEXT - 1);
}
END_TEST


RUN("core/totp", codes_are_those_of_rfc_4226, codes_are_those_of_rfc_6238,
    the_steps_beside_this_one_are_good_and_no_others,
    a_code_is_good_once_and_so_are_those_before_it, no_code_is_none,
    people_may_write_blanks_between, what_is_not_six_digits_is_none,
    a_uri_has_all_that_an_authenticator_asks_for,
    what_would_end_a_part_of_the_uri_is_encoded,
    secrets_differ_and_are_written_as_base32)
