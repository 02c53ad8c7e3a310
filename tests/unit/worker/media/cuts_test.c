#include <math.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/cuts.h"

static cuts_t cuts;
static cuts_piece_t pieces[CUTS_MAX];


/* Pictures at 25 a second with a key frame each `group`, decoded as with two B
   pictures between others: I P B B P B B. */
static void
film(double start, int count, int group)
{
    int i, at;

    for (i = 0; i < count; i++) {
        at = i == 0 ? 0 : i % 3 == 1 ? i + 2 : i - 1;
        if (at < count) {
            cuts_picture(&cuts, start + at * 0.04, at % group == 0);
        }
    }
}


static int
cut(int count, int group, int at_keys)
{
    cuts_begin(&cuts, 1000, count * 0.04, 60, 6, at_keys);
    film(1000, count, group);
    return cuts_end(&cuts, pieces);
}


START_TEST(cuts_lie_amid_two_pictures_on_the_grid)
{
    int n = cut(4501, 75, 0); /* three minutes, key frames each three seconds */

    ck_assert_int_eq(n, 4);
    ck_assert(pieces[0].from < 1000 && pieces[3].to > 1180);
    ck_assert_double_eq_tol(pieces[1].from, 1059.98, 1e-6);
    ck_assert_double_eq_tol(pieces[0].to, 1059.98, 1e-6);
    ck_assert_double_eq_tol(pieces[1].seek, 1060 - 1, 1.5);
    ck_assert(pieces[1].seek <= 1060);
    ck_assert_int_eq(pieces[0].pictures, 1500);
    ck_assert_int_eq(pieces[1].pictures, 1500);
}
END_TEST


START_TEST(each_picture_is_in_one_piece)
{
    int i, n, at_keys;
    long pictures;

    for (at_keys = 0; at_keys < 2; at_keys++) {
        n = cut(15001, 99, at_keys);
        ck_assert_int_gt(n, 5);
        for (pictures = 0, i = 0; i < n; i++) {
            pictures += pieces[i].pictures;
            ck_assert(i == 0 || pieces[i].from == pieces[i - 1].to);
            ck_assert_msg(i == 0 || pieces[i].seek <= pieces[i].from + 0.021,
                          "%d %d %f %f", at_keys, i, pieces[i].seek,
                          pieces[i].from);
        }
        ck_assert_int_eq(pictures, 15001);
    }
}
END_TEST


START_TEST(cuts_at_key_frames_are_at_the_first_behind_the_grid)
{
    int n = cut(4501, 177, 1); /* 7.08 s */

    ck_assert_int_eq(n, 3);
    ck_assert_double_eq_tol(pieces[1].seek, 1000 + 9 * 7.08, 1e-6);
    ck_assert_double_eq_tol(pieces[1].from, 1000 + 9 * 7.08 - 0.02, 1e-6);
    ck_assert_double_eq_tol(pieces[2].seek, 1000 + 17 * 7.08, 1e-6);
}
END_TEST


START_TEST(a_film_of_a_day_has_no_more_pieces_than_that)
{
    int i, n;

    cuts_begin(&cuts, 0, 86400, 60, 6, 0);
    for (i = 0; i < 86400; i++) {
        cuts_picture(&cuts, i, 1);
    }
    n = cuts_end(&cuts, pieces);
    ck_assert_int_le(n, CUTS_MAX);
    ck_assert_int_ge(n, CUTS_MAX - 1);
    ck_assert_double_eq_tol(fmod(pieces[1].seek, 6), 0, 1e-9);
}
END_TEST


START_TEST(a_picture_without_a_time_leaves_no_pieces)
{
    cuts_begin(&cuts, 0, 200, 60, 6, 0);
    film(0, 5000, 50);
    cuts_picture(&cuts, (double) NAN, 0);
    ck_assert_int_eq(cuts_end(&cuts, pieces), 0);
}
END_TEST


START_TEST(a_film_without_a_key_frame_at_its_beginning_has_no_pieces)
{
    cuts_begin(&cuts, 0, 200, 60, 6, 0);
    cuts_picture(&cuts, 0, 0);
    cuts_picture(&cuts, 0.04, 1);
    ck_assert_int_eq(cuts_end(&cuts, pieces), 0);
}
END_TEST


RUN("worker/cuts", cuts_lie_amid_two_pictures_on_the_grid,
    each_picture_is_in_one_piece,
    cuts_at_key_frames_are_at_the_first_behind_the_grid,
    a_film_of_a_day_has_no_more_pieces_than_that,
    a_picture_without_a_time_leaves_no_pieces,
    a_film_without_a_key_frame_at_its_beginning_has_no_pieces)
