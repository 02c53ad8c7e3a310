#include "tests/unit/suite.h"
#include "worker/media/language.h"


static void
becomes(const char *text, const char *expected)
{
    char tag[LANGUAGE_SIZE];

    language_tag(tag, text);
    ck_assert_str_eq(tag, expected);
}


START_TEST(the_shortest_code_is_taken)
{
    becomes("fre", "fr");
    becomes("fra", "fr");
    becomes("GER", "de");
    becomes("chi", "zh");
    becomes("fra-CA", "fr-CA");
    becomes("gsw", "gsw");
    becomes("pt-BR", "pt-BR");
}
END_TEST


START_TEST(what_is_no_language_is_none)
{
    becomes("und", "");
    becomes("mul", "");
    becomes("", "");
    becomes("x", "");
    becomes("French", "");
    becomes("fr_FR", "");
    becomes("fr-", "");
    becomes("fr\"", "");
    becomes("en-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd", "");
}
END_TEST


static void
has_code(const char *tag, const char *expected)
{
    char code[LANGUAGE_CODE_SIZE];

    language_code(code, tag);
    ck_assert_str_eq(code, expected);
}


START_TEST(mp4_has_three_letters)
{
    has_code("fr", "fra");
    has_code("pt-BR", "por");
    has_code("zh", "zho");
    has_code("sq", "sqi");
    has_code("gsw", "gsw");
    has_code("", "und");
    has_code("xx", "und");
    has_code("fr_", "und");
    has_code("a1b", "und");
}
END_TEST


RUN("worker/language", the_shortest_code_is_taken, what_is_no_language_is_none,
    mp4_has_three_letters)
