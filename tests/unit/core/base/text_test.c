#include <string.h>
#include "core/base/text.h"
#include "tests/unit/exact.h"
#include "tests/unit/suite.h"


START_TEST(utf8_is_taken_to_its_ends)
{
    static const char *const texts[] = { "",
                                         "a",
                                         "\x7f",
                                         "\xc2\x80",
                                         "\xdf\xbf",
                                         "\xe0\xa0\x80",
                                         "\xed\x9f\xbf",
                                         "\xee\x80\x80",
                                         "\xef\xbf\xbf",
                                         "\xf0\x90\x80\x80",
                                         "\xf4\x8f\xbf\xbf" };
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_msg(holds(text_is_utf8, texts[i]), "%zu", i);
    }
}
END_TEST


START_TEST(what_is_no_utf8_is_refused)
{
    static const char *const texts[] = { "\x80", /* nothing to continue */
                                         "\xbf",
                                         "\xc0\x80", /* overlong */
                                         "\xc1\xbf",
                                         "\xe0\x9f\xbf",
                                         "\xf0\x8f\xbf\xbf",
                                         "\xed\xa0\x80", /* surrogates */
                                         "\xed\xbf\xbf",
                                         "\xf4\x90\x80\x80", /* over U+10FFFF */
                                         "\xf5\x80\x80\x80",
                                         "\xf8\x88\x80\x80\x80",
                                         "\xff",
                                         "\xc3", /* cut off */
                                         "\xe2\x82",
                                         "\xf0\x9f\x98",
                                         "\xc3(",
                                         "a\xe2\x82"
                                         "b" };
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_msg(!holds(text_is_utf8, texts[i]), "%zu", i);
    }
}
END_TEST


START_TEST(a_character_says_how_many_bytes_it_takes)
{
    static const struct {
        const char *text;
        size_t size;
        uint32_t character;
    } rows[] = { { "ab", 1, 'a' },
                 { "\u00e9b", 2, 0xe9 },
                 { "\u20acb", 3, 0x20ac },
                 { "\U0001f3bcb", 4, 0x1f3bc } };
    uint32_t c;
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        ck_assert_uint_eq(
            text_character(rows[i].text, strlen(rows[i].text), &c),
            rows[i].size);
        ck_assert_uint_eq(c, rows[i].character);
        ck_assert_uint_eq(text_character(rows[i].text, rows[i].size, &c),
                          rows[i].size);
        if (rows[i].size > 1) {
            ck_assert_uint_eq(
                text_character(rows[i].text, rows[i].size - 1, &c), 0);
        }
    }
}
END_TEST


START_TEST(what_people_write_is_clean)
{
    static const char *const texts[] = {
        "",          " ",      "~",      "\u00a0",    "\u00e9t\u00e9",
        "It\u2019s", "\ue000", "\u202e", "\U0001f3bc"
    };
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_msg(holds(text_is_clean, texts[i]), "%zu", i);
    }
}
END_TEST


START_TEST(no_control_character_is_clean)
{
    char text[] = { 'a', 0, 0, 'b' };
    int c;

    for (c = 0; c < ' '; c++) {
        text[1] = (char) c;
        text[2] = 'b';
        ck_assert_msg(!holds_of(text_is_clean, text, 3), "U+%04X", c);
        ck_assert(holds_of(text_is_utf8, text, 3));
    }

    text[1] = 0x7f;
    ck_assert(!holds_of(text_is_clean, text, 3));

    text[1] = (char) 0xc2;
    for (c = 0x80; c <= 0x9f; c++) {
        text[2] = (char) c;
        ck_assert_msg(!holds_of(text_is_clean, text, 4), "U+%04X", c);
        ck_assert(holds_of(text_is_utf8, text, 4));
    }
}
END_TEST


START_TEST(what_is_no_utf8_is_not_clean)
{
    ck_assert(!holds(text_is_clean, "a\xff"));
    ck_assert(!holds(text_is_clean, "a\x85"));
    ck_assert(!holds(text_is_clean, "\xc3"));
}
END_TEST


START_TEST(what_needs_no_escape_is_plain)
{
    char c;

    ck_assert(holds(text_is_plain, "https://id.example.org/~a?b=c#d%20'`"));
    ck_assert(holds(text_is_plain, ""));

    for (c = '!'; c <= '~'; c++) {
        ck_assert_msg(holds_of(text_is_plain, &c, 1) == (c != '"' && c != '\\'),
                      "%c", c);
    }
}
END_TEST


START_TEST(blanks_controls_and_letters_of_others_are_not_plain)
{
    ck_assert(!holds(text_is_plain, "a b"));
    ck_assert(!holds(text_is_plain, "a\n"));
    ck_assert(!holds(text_is_plain, "a\x7f"));
    ck_assert(!holds(text_is_plain, "\xc3\xa4"));
    ck_assert(!holds_of(text_is_plain, "a\0b", 3));
}
END_TEST


START_TEST(a_text_is_copied_where_it_fits)
{
    char to[4] = "";

    ck_assert_int_eq(text_copy(to, sizeof(to), "abcd", 3), 0);
    ck_assert_str_eq(to, "abc");
    ck_assert_int_eq(text_copy(to, sizeof(to), "abcd", 4), -1);
    ck_assert_int_eq(text_copy(to, sizeof(to), "", 0), -1);
    ck_assert_str_eq(to, "abc");
}
END_TEST


RUN("core/text", a_text_is_copied_where_it_fits, utf8_is_taken_to_its_ends,
    what_is_no_utf8_is_refused, a_character_says_how_many_bytes_it_takes,
    what_people_write_is_clean, no_control_character_is_clean,
    what_is_no_utf8_is_not_clean, what_needs_no_escape_is_plain,
    blanks_controls_and_letters_of_others_are_not_plain)
