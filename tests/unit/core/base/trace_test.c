#include <string.h>
#include "core/base/trace.h"
#include "tests/unit/suite.h"

#define ID "0af7651916cd43dd8448eb211c80319c"
#define SPAN "b7ad6b7169203331"


static const char *flags;


static const char *
find(const char *text)
{
    flags = NULL;
    return trace_find(text, strlen(text), &flags);
}


START_TEST(the_id_and_the_flags_are_found)
{
    ck_assert_int_eq(strncmp(find("00-" ID "-" SPAN "-01"), ID, TRACE_ID_LEN),
                     0);
    ck_assert_int_eq(strncmp(flags, "01", 2), 0);
}
END_TEST


START_TEST(a_later_version_may_have_more)
{
    ck_assert_ptr_nonnull(find("cc-" ID "-" SPAN "-01"));
    ck_assert_ptr_nonnull(find("cc-" ID "-" SPAN "-01-what-comes"));
    ck_assert_ptr_null(find("cc-" ID "-" SPAN "-01.what-comes"));
}
END_TEST


START_TEST(what_is_none_is_found_in_nothing)
{
    size_t i;
    static const char *const texts[] = {
        "",
        "00-" ID "-" SPAN "-0",
        "00-" ID "-" SPAN "-01-more",
        "00-" ID "-" SPAN "-0x",
        "ff-" ID "-" SPAN "-01",
        "0-" ID "-" SPAN "-010",
        "00-0AF7651916CD43DD8448EB211C80319C-" SPAN "-01",
        "00-00000000000000000000000000000000-" SPAN "-01",
        "00-" ID "-0000000000000000-01",
        "00_" ID "_" SPAN "_01",
        "00-" ID SPAN "--01",
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ck_assert_msg(find(texts[i]) == NULL, "%s", texts[i]);
    }
    ck_assert_ptr_null(trace_find("00-" ID "\0" SPAN "-01", 55, &flags));
}
END_TEST


START_TEST(what_is_written_is_found)
{
    char text[TRACE_TEXT_SIZE];

    trace_write(text, ID "more", SPAN "more", "00more");
    ck_assert_str_eq(text, "00-" ID "-" SPAN "-00");
    ck_assert_ptr_nonnull(find(text));
}
END_TEST


RUN("core/trace", the_id_and_the_flags_are_found, a_later_version_may_have_more,
    what_is_none_is_found_in_nothing, what_is_written_is_found)
