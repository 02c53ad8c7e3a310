#include <string.h>
#include "core/grant/disposition.h"
#include "tests/unit/suite.h"


static const char *
attachment(const char *name)
{
    static char text[1024];
    size_t len;

    ck_assert_uint_le(disposition_size(strlen(name)), sizeof(text));
    len = disposition_attachment(text, name, strlen(name));
    ck_assert_uint_lt(len, disposition_size(strlen(name)));
    text[len] = '\0';

    return text;
}


START_TEST(a_plain_name_stands_in_quotes)
{
    ck_assert_str_eq(attachment("Bolero score.pdf"),
                     "attachment; filename=\"Bolero score.pdf\"");
}
END_TEST


START_TEST(a_name_in_utf_8_is_written_both_ways)
{
    ck_assert_str_eq(attachment("Bol\xc3\xa9ro.pdf"),
                     "attachment; filename=\"Bol_ro.pdf\"; "
                     "filename*=UTF-8''Bol%C3%A9ro.pdf");
}
END_TEST


START_TEST(a_quote_cannot_end_the_name)
{
    ck_assert_str_eq(attachment("a\"; x=\"b"),
                     "attachment; filename=\"a_; x=_b\"; "
                     "filename*=UTF-8''a%22%3B%20x%3D%22b");
}
END_TEST


START_TEST(a_percent_sign_is_not_taken_for_an_escape)
{
    ck_assert_str_eq(attachment("100%41.txt"),
                     "attachment; filename=\"100_41.txt\"; "
                     "filename*=UTF-8''100%2541.txt");
}
END_TEST


RUN("core/disposition", a_plain_name_stands_in_quotes,
    a_name_in_utf_8_is_written_both_ways, a_quote_cannot_end_the_name,
    a_percent_sign_is_not_taken_for_an_escape)
