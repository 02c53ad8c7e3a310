#include <string.h>
#include "core/account/often.h"
#include "tests/unit/suite.h"


static int
chosen(const char *password)
{
    return often_chosen(password, strlen(password));
}


START_TEST(what_was_chosen_often_is_known)
{
    size_t i;
    static const char *const often[] = { "q1w2e3r4t5", "4815162342",
                                         "qweasdzxc",  "1qaz2wsx3edc",
                                         "1029384756", "romashka" };

    for (i = 0; i < COUNT(often); i++) {
        ck_assert_msg(chosen(often[i]), "%s", often[i]);
    }
}
END_TEST


START_TEST(its_case_does_not_count)
{
    ck_assert(chosen("Q1w2E3r4T5"));
    ck_assert(chosen("ROMASHKA"));
}
END_TEST


START_TEST(what_is_longer_or_shorter_is_another)
{
    ck_assert(!chosen("q1w2e3r4t"));
    ck_assert(!chosen("q1w2e3r4t5 "));
    ck_assert(!chosen(""));
    ck_assert(!chosen("correct horse battery staple"));
    ck_assert(!chosen("q1w2e3r4t5q1w2e3r4t5q1w2e3r4t5q1w2e3r4t5"));
}
END_TEST


RUN("core/often", what_was_chosen_often_is_known, its_case_does_not_count,
    what_is_longer_or_shorter_is_another)
