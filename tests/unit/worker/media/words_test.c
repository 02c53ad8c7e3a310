#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/words.h"

static char text[64];


static const char *
clean(const char *from, size_t len)
{
    size_t n = words_clean(text, sizeof(text), from, len);

    ck_assert_uint_eq(n, strlen(text));
    return text;
}

#define CLEAN(from) clean(from, sizeof(from) - 1)


START_TEST(utf_8_stays_as_it_is)
{
    ck_assert_str_eq(CLEAN("D\xc5\x99v \xe2\x80\x93 \xf0\x9d\x84\x9e"),
                     "D\xc5\x99v \xe2\x80\x93 \xf0\x9d\x84\x9e");
}
END_TEST


START_TEST(what_is_not_utf_8_is_taken_for_latin_1)
{
    ck_assert_str_eq(CLEAN("si\xe8"
                           "cle"),
                     "siècle");
    ck_assert_str_eq(CLEAN("\xc0\xaf"), "À¯");        /* overlong */
    ck_assert_str_eq(CLEAN("\xed\xa0\x80"), "í");     /* a surrogate */
    ck_assert_str_eq(CLEAN("\xf4\x90\x80\x80"), "ô"); /* too large */
    ck_assert_str_eq(CLEAN("a\xc3"), "aÃ");           /* cut off */
}
END_TEST


START_TEST(blanks_and_what_is_no_letter_become_one_blank)
{
    ck_assert_str_eq(CLEAN(" \t a \r\n\f\0 b\x7f\xc2\xa0 \xc2\x85 "), "a b");
    ck_assert_str_eq(CLEAN("a\xee\x80\x80\xef\xa3\xbf"
                           "b"),
                     "a b");
    ck_assert_str_eq(CLEAN(" \n"), "");
}
END_TEST


START_TEST(a_long_text_is_cut_between_characters)
{
    char small[5];

    ck_assert_uint_eq(words_copy(small, sizeof(small), "abcdé"), 4);
    ck_assert_str_eq(small, "abcd");
    ck_assert_uint_eq(words_copy(small, sizeof(small), "abcé"), 3);
    ck_assert_str_eq(small, "abc");
    ck_assert_uint_eq(words_copy(small, sizeof(small), "abc d"), 3);
    ck_assert_uint_eq(words_copy(small, 1, "abc"), 0);
    ck_assert_uint_eq(words_copy(small, 0, "abc"), 0);
}
END_TEST


START_TEST(a_text_may_be_cleaned_in_its_place)
{
    strcpy(text, "  a \n b  ");
    ck_assert_uint_eq(words_clean(text, sizeof(text), text, strlen(text)), 3);
    ck_assert_str_eq(text, "a b");
}
END_TEST


RUN("worker/words", utf_8_stays_as_it_is,
    what_is_not_utf_8_is_taken_for_latin_1,
    blanks_and_what_is_no_letter_become_one_blank,
    a_long_text_is_cut_between_characters, a_text_may_be_cleaned_in_its_place)
