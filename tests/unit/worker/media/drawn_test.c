#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/drawn.h"

static drawn_t drawn;


START_TEST(a_page_tells_its_size_and_how_it_lies)
{
    const char *next = drawn_next("page 3 2480 3508 6\ncut\n", &drawn);

    ck_assert_ptr_nonnull(next);
    ck_assert_int_eq(drawn.kind, DRAWN_PAGE);
    ck_assert_int_eq(drawn.index, 3);
    ck_assert_double_eq_tol(drawn.width, 2480, 1e-9);
    ck_assert_double_eq_tol(drawn.height, 3508, 1e-9);
    ck_assert_int_eq(drawn.orientation, 6);
    ck_assert_str_eq(next, "cut\n");
}
END_TEST


START_TEST(a_lost_page_tells_why)
{
    ck_assert_ptr_nonnull(drawn_next("lost 2 It is\x01 cut off.\n", &drawn));
    ck_assert_int_eq(drawn.kind, DRAWN_LOST);
    ck_assert_str_eq(drawn.sentence, "It is cut off.");
}
END_TEST


START_TEST(a_verdict_has_the_size_of_what_was_drawn)
{
    ck_assert_ptr_nonnull(drawn_next("differs 1 1414 2000\n", &drawn));
    ck_assert_int_eq(drawn.kind, DRAWN_DIFFERS);
    ck_assert_double_eq_tol(drawn.height, 2000, 1e-9);
}
END_TEST


START_TEST(what_makes_no_sense_is_the_end)
{
    size_t i;
    static const char *const lines[] = {
        "",
        "\n",
        "page\n",
        "page 0 1 1 1\n",
        "page 1 0 1 1\n",
        "page 1 nan 1 1\n",
        "page 1 1 inf 1\n",
        "page 1 1 1 9\n",
        "page 1 1 1 1",
        "lost 1\n",
        "refused \n",
        "pages 1 1 1 1\n",
        "page 99999999999 1 1 1\n",
    };

    for (i = 0; i < COUNT(lines); i++) {
        ck_assert_msg(drawn_next(lines[i], &drawn) == NULL, "%s", lines[i]);
    }
}
END_TEST


START_TEST(a_line_without_end_is_none)
{
    char line[2000];

    memset(line, 'x', sizeof(line) - 1);
    memcpy(line, "lost 1 ", 7);
    line[sizeof(line) - 2] = '\n';
    line[sizeof(line) - 1] = '\0';
    ck_assert_ptr_null(drawn_next(line, &drawn));
}
END_TEST


RUN("worker/drawn", a_page_tells_its_size_and_how_it_lies,
    a_lost_page_tells_why, a_verdict_has_the_size_of_what_was_drawn,
    what_makes_no_sense_is_the_end, a_line_without_end_is_none)
