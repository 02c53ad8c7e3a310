#include <string.h>
#include "core/account/recovery.h"
#include "tests/unit/suite.h"

#define OWNER "01890000-0000-7000-8000-0123456789ab"
#define CODE "ABCD-EFGH-IJKL-MNOP-QRST-UVWX"


START_TEST(a_code_is_written_in_groups_and_read)
{
    size_t i;
    char text[RECOVERY_TEXT];
    unsigned char code[RECOVERY_SIZE];

    ck_assert_int_eq(recovery_make(text), 0);
    ck_assert_uint_eq(strlen(text), 29);
    ck_assert_uint_eq(recovery_read(text, strlen(text), code), RECOVERY_SIZE);

    for (i = 0; i < strlen(text); i++) {
        ck_assert_int_eq(text[i] == '-', i % 5 == 4);
    }
}
END_TEST


START_TEST(it_may_be_written_small_and_in_one)
{
    unsigned char one[RECOVERY_SIZE], other[RECOVERY_SIZE];

    ck_assert_uint_eq(recovery_read(CODE, strlen(CODE), one), RECOVERY_SIZE);
    ck_assert_uint_eq(recovery_read("abcdefghijklmnopqrstuvwx", 24, other),
                      RECOVERY_SIZE);
    ck_assert_mem_eq(one, other, RECOVERY_SIZE);
}
END_TEST


/* NIST SP 800-63B, 5.1.2.2: from there on any hash will do */
START_TEST(a_code_of_today_has_112_bits_and_more)
{
    ck_assert_uint_ge(RECOVERY_SIZE * 8, 112);
}
END_TEST


START_TEST(one_of_before_is_read)
{
    unsigned char code[RECOVERY_SIZE];
    static const unsigned char bytes[RECOVERY_SHORT] = { 0x00, 0x44, 0x32, 0x14,
                                                         0xc7, 0x42, 0x54, 0xb6,
                                                         0x35, 0xcf };

    ck_assert_uint_eq(recovery_read("ABCD-EFGH-IJKL-MNOP", 19, code),
                      RECOVERY_SHORT);
    ck_assert_mem_eq(code, bytes, RECOVERY_SHORT);
}
END_TEST


START_TEST(what_is_none_is_refused)
{
    size_t i;
    unsigned char code[RECOVERY_SIZE];
    char longest[RECOVERY_TEXT_MAX + 2];
    static const char *const bad[] = { "",
                                       "ABCD-EFGH-IJKL",
                                       "123456",
                                       "ABCD-EFGH-IJKL-MNO",
                                       "ABCD-EFGH-IJKL-MNOPQ",
                                       "ABCD-EFGH-IJKL-MNOP-QRST",
                                       "ABCD-EFGH-IJKL-MNOP-QRST-UVW",
                                       "ABCD-EFGH-IJKL-MNOP-QRST-UVWXY",
                                       "ABCD-EFGH-IJKL-MNOP-QRST-UVW0",
                                       "ABCD_EFGH_IJKL_MNOP_QRST_UVWX" };

    for (i = 0; i < COUNT(bad); i++) {
        ck_assert_msg(recovery_read(bad[i], strlen(bad[i]), code) == 0, "%s",
                      bad[i]);
    }

    memset(longest, ' ', sizeof(longest));
    memcpy(longest, CODE, strlen(CODE));
    ck_assert_uint_ne(recovery_read(longest, RECOVERY_TEXT_MAX, code), 0);
    ck_assert_uint_eq(recovery_read(longest, RECOVERY_TEXT_MAX + 1, code), 0);
}
END_TEST


START_TEST(codes_and_owners_have_digests_of_their_own)
{
    unsigned char one[RECOVERY_SIZE], other[RECOVERY_SIZE];
    unsigned char digests[3][SHA256_SIZE];

    ck_assert_uint_ne(recovery_read(CODE, strlen(CODE), one), 0);
    memcpy(other, one, sizeof(other));
    other[RECOVERY_SIZE - 1] ^= 1;
    recovery_digest(OWNER, one, RECOVERY_SIZE, digests[0]);
    recovery_digest(OWNER, other, RECOVERY_SIZE, digests[1]);
    recovery_digest("somebody else", one, RECOVERY_SIZE, digests[2]);

    ck_assert_mem_ne(digests[0], digests[1], SHA256_SIZE);
    ck_assert_mem_ne(digests[0], digests[2], SHA256_SIZE);
    recovery_digest(OWNER, one, RECOVERY_SIZE, digests[1]);
    ck_assert_mem_eq(digests[0], digests[1], SHA256_SIZE);
}
END_TEST


START_TEST(no_two_codes_are_the_same)
{
    char one[RECOVERY_TEXT], other[RECOVERY_TEXT];

    ck_assert_int_eq(recovery_make(one), 0);
    ck_assert_int_eq(recovery_make(other), 0);
    ck_assert_str_ne(one, other);
}
END_TEST


RUN("core/recovery", a_code_is_written_in_groups_and_read,
    it_may_be_written_small_and_in_one, a_code_of_today_has_112_bits_and_more,
    one_of_before_is_read, what_is_none_is_refused,
    codes_and_owners_have_digests_of_their_own, no_two_codes_are_the_same)
