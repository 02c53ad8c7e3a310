#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/charset.h"

static char text[32];

#define CONVERT(name, from) \
    charset_convert(name, text, sizeof(text), from, sizeof(from) - 1)


START_TEST(names_are_known_in_any_case)
{
    ck_assert_ptr_nonnull(charset_find("Shift_JIS and more", 9));
    ck_assert_ptr_nonnull(charset_find("WINDOWS-1252", 12));
    ck_assert_ptr_null(charset_find("x-klingon", 9));
    ck_assert_ptr_null(charset_find("utf-8", 5));
    ck_assert_ptr_null(charset_find("", 0));
}
END_TEST


START_TEST(texts_come_out_in_utf_8)
{
    ck_assert_int_eq(CONVERT("windows-1252", "Gr\xf6\xdf"
                                             "e \x80"),
                     11);
    ck_assert_str_eq(text, "Größe €");
    ck_assert_int_gt(CONVERT("shift_jis", "\x8d\x72\x8f\xe9"), 0);
    ck_assert_str_eq(text, "荒城");
    ck_assert_int_gt(CONVERT("gbk", "\xd2\xf4"), 0);
    ck_assert_str_eq(text, "音");
    ck_assert_int_gt(CONVERT("koi8-r", "\xeb\xc1"), 0);
    ck_assert_str_eq(text, "Ка");
    ck_assert_int_gt(CONVERT("iso-8859-15", "c\xbdur"), 0);
    ck_assert_str_eq(text, "cœur");
}
END_TEST


START_TEST(what_does_not_fit_is_cut_between_characters)
{
    ck_assert_int_eq(charset_convert("windows-1252", text, 4, "a\xf6\xf6", 3),
                     3);
    ck_assert_str_eq(text, "aö");
}
END_TEST


START_TEST(what_is_not_written_so_is_refused)
{
    ck_assert_int_eq(CONVERT("shift_jis", "\x81"), -1);
    ck_assert_int_eq(CONVERT("windows-1252", "\x81"), -1);
    ck_assert_int_eq(CONVERT("x-klingon", "a"), -1);
}
END_TEST


RUN("worker/charset", names_are_known_in_any_case, texts_come_out_in_utf_8,
    what_does_not_fit_is_cut_between_characters,
    what_is_not_written_so_is_refused)
