#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/likeness.h"

#define WIDTH 181
#define HEIGHT LIKENESS_SIDE_MAX

/* How much of the ink of a line is drawn, in percent of black. */
#define THIN 35
#define WIDE 90

static unsigned char page[2][HEIGHT][WIDTH][3];
static likeness_t found;


static void
ink(int n, int x, int y, int percent)
{
    memset(page[n][y][x], 255 - 255 * percent / 100, 3);
}


/* Staves of five lines, with notes on them. */
static void
engrave(int n, int percent)
{
    int x, y;

    memset(page[n], 255, sizeof(page[n]));
    for (y = 20; y < HEIGHT - 20; y++) {
        for (x = 12; x < WIDTH - 12; x++) {
            if ((y - 20) % 36 < 15 && (y - 20) % 36 % 3 == 0) {
                ink(n, x, y, percent);
            }
            if (x % 14 < 3 && (y - 20) % 36 > 5 && (y - 20) % 36 < 9) {
                ink(n, x, y, 100);
            }
        }
    }
}


static int
same(likeness_kind_t kind)
{
    const likeness_pair_t pair = { WIDTH, HEIGHT, page[0][0][0],
                                   page[1][0][0] };

    likeness(&pair, kind, &found);
    return found.same;
}


/* From this column on there is something else than what came. */
static void
fill_right(int from, int (*shade)(int x, int y))
{
    int x, y;

    for (y = 0; y < HEIGHT; y++) {
        for (x = from; x < WIDTH; x++) {
            memset(page[0][y][x], shade(x, y), 3);
        }
    }
}


static int
black(int x, int y)
{
    (void) x, (void) y;
    return 0;
}


static int
shreds(int x, int y)
{
    (void) y;
    return x / 7 % 2 ? 255 : 120;
}


START_TEST(a_page_is_like_itself)
{
    engrave(0, WIDE);
    engrave(1, WIDE);
    ck_assert(same(LIKENESS_SAMPLED));
    ck_assert(same(LIKENESS_DRAWN));
}
END_TEST


START_TEST(wider_lines_are_the_same_page_where_lines_are_drawn)
{
    engrave(0, WIDE);
    engrave(1, THIN);
    ck_assert(same(LIKENESS_DRAWN));
}
END_TEST


START_TEST(a_blank_page_is_not_like_one_with_notes)
{
    engrave(1, THIN);
    memset(page[0], 255, sizeof(page[0]));
    ck_assert(!same(LIKENESS_DRAWN));
    ck_assert_int_eq(found.empty, 0);
    ck_assert(!same(LIKENESS_SAMPLED));
}
END_TEST


START_TEST(a_second_program_that_drew_nothing_says_nothing)
{
    engrave(0, THIN);
    memset(page[1], 255, sizeof(page[1]));
    ck_assert(!same(LIKENESS_DRAWN));
    ck_assert_int_eq(found.empty, 1);
}
END_TEST


START_TEST(a_black_page_is_not_like_a_blank_one)
{
    memset(page[0], 0, sizeof(page[0]));
    memset(page[1], 255, sizeof(page[1]));
    ck_assert(!same(LIKENESS_DRAWN));
    ck_assert_int_eq(found.empty, 0);
}
END_TEST


START_TEST(a_page_that_is_black_at_the_right_is_another)
{
    engrave(0, WIDE);
    engrave(1, WIDE);
    fill_right(150, black);
    ck_assert(!same(LIKENESS_DRAWN));
    ck_assert(!same(LIKENESS_SAMPLED));
}
END_TEST


START_TEST(a_page_that_is_shredded_at_the_right_is_another)
{
    engrave(0, WIDE);
    engrave(1, WIDE);
    fill_right(120, shreds);
    ck_assert(!same(LIKENESS_SAMPLED));
    ck_assert(!same(LIKENESS_DRAWN));
}
END_TEST


START_TEST(a_page_whose_lower_half_is_green_is_another)
{
    int x, y;

    engrave(0, WIDE);
    engrave(1, WIDE);
    for (y = HEIGHT / 2; y < HEIGHT; y++) {
        for (x = 0; x < WIDTH; x++) {
            memcpy(page[0][y][x], "\0\x87\0", 3);
        }
    }
    ck_assert(!same(LIKENESS_SAMPLED));
}
END_TEST


START_TEST(two_blank_pages_are_the_same)
{
    memset(page, 255, sizeof(page));
    ck_assert(same(LIKENESS_DRAWN));
    ck_assert(same(LIKENESS_SAMPLED));
}
END_TEST


START_TEST(a_page_of_one_pixel_is_a_page)
{
    static const unsigned char one[3] = { 255, 255, 255 };
    const likeness_pair_t pair = { 1, 1, one, one };

    likeness(&pair, LIKENESS_DRAWN, &found);
    ck_assert_int_eq(found.same, 1);
}
END_TEST


RUN("worker/likeness", a_page_is_like_itself,
    wider_lines_are_the_same_page_where_lines_are_drawn,
    a_blank_page_is_not_like_one_with_notes,
    a_second_program_that_drew_nothing_says_nothing,
    a_black_page_is_not_like_a_blank_one,
    a_page_that_is_black_at_the_right_is_another,
    a_page_that_is_shredded_at_the_right_is_another,
    a_page_whose_lower_half_is_green_is_another, two_blank_pages_are_the_same,
    a_page_of_one_pixel_is_a_page)
