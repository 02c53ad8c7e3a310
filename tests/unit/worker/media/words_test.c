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


START_TEST(what_every_western_encoding_says_alike_is_read)
{
    ck_assert_str_eq(CLEAN("F\xfcr Elise"), "Für Elise");
    ck_assert_str_eq(CLEAN("Gr\xfc\xdf"
                           "e"),
                     "Grüße");
    ck_assert_str_eq(CLEAN("It\x92s n\xba 1 "), "");
    ck_assert_str_eq(CLEAN("It\x92s mine"), "It’s mine");
}
END_TEST


START_TEST(what_is_in_an_unknown_encoding_is_not_guessed_at)
{
    static const char *const texts[] = {
        "\x8d\x72\x8f\xe9\x82\xcc\x8c\x8e", /* Shift_JIS */
        "\xd2\xf4\xb9\xec"                  /* GBK */
        "1",
        "\xb9\xc5\xb8\xae",             /* EUC-KR */
        "\xca\xe0\xeb\xe8\xed\xea\xe0", /* windows-1251 */
        "Dvo\xf8\xe1k",                 /* windows-1250 */
        "si\xe8"                        /* è or č */
        "cle",
        "\x83\x41",        /* a byte of ASCII's */
        "\xc0\xaf",        /* overlong */
        "\xed\xa0\x80",    /* a surrogate */
        "\xf4\x90\x80\x80" /* too large */
    };
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_msg(clean(texts[i], strlen(texts[i]))[0] == '\0', "%zu", i);
    }
}
END_TEST


START_TEST(a_last_character_that_was_cut_off_is_left_out)
{
    ck_assert_str_eq(CLEAN("\xc3\xbc a\xc3"), "ü a");
    ck_assert_str_eq(CLEAN("a\xe2\x80"), "a");
    ck_assert_str_eq(CLEAN("a\xf0\x9d\x84"), "a");
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
    what_every_western_encoding_says_alike_is_read,
    what_is_in_an_unknown_encoding_is_not_guessed_at,
    a_last_character_that_was_cut_off_is_left_out,
    blanks_and_what_is_no_letter_become_one_blank,
    a_long_text_is_cut_between_characters, a_text_may_be_cleaned_in_its_place)
