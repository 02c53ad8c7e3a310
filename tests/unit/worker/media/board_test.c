#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/board.h"
#include "worker/media/stamp.h"

static board_t board;


START_TEST(a_film_has_200_tiles_at_most)
{
    board_plan(&board, 7200, 1920, 1080);
    ck_assert_int_eq(board.tiles, 200);
    ck_assert_double_eq_tol(board.step, 36, 1e-9);
    ck_assert_int_eq(board.width, 160);
    ck_assert_int_eq(board.height, 90);
    ck_assert_int_eq(board.rows, 10);
    ck_assert_int_eq(board.sheets, 2);
}
END_TEST


START_TEST(a_short_film_has_fewer_on_a_smaller_sheet)
{
    board_plan(&board, 60, 1280, 720);
    ck_assert_int_eq(board.tiles, 30);
    ck_assert_int_eq(board.rows, 3);
    ck_assert_int_eq(board.sheets, 1);
    board_plan(&board, 5, 1280, 720);
    ck_assert_int_eq(board.tiles, 10);
    board_plan(&board, 0, 0, 0);
    ck_assert_int_eq(board.tiles, 1);
    ck_assert_int_eq(board.sheets, 1);
}
END_TEST


START_TEST(a_tile_has_the_shape_of_the_film)
{
    board_plan(&board, 60, 1080, 1920);
    ck_assert_int_eq(board.width, 160);
    ck_assert_int_eq(board.height, 284);
    board_plan(&board, 60, 2, 2000);
    ck_assert_int_eq(board.width, 2);
    ck_assert_int_eq(board.height, 320);
    board_plan(&board, 60, 2000, 2);
    ck_assert_int_eq(board.height, 2);
}
END_TEST


START_TEST(times_are_read_as_they_were_printed)
{
    double times[3];

    ck_assert_int_eq(board_times("frame:0    pts:0       pts_time:-0.04\n"
                                 "tile=1\n"
                                 "frame:1    pts:50      pts_time:2\ntile=1\n"
                                 "frame:2    pts:9       pts_time:1.5\n"
                                 "frame:3    pts:90      pts_time:4\n",
                                 times, 3),
                     3);
    ck_assert_double_eq(times[0], 0);
    ck_assert_double_eq(times[1], 2);
    ck_assert_double_eq(times[2], 2); /* it grows */
    ck_assert_int_eq(board_times("pts_time:nan\npts_time:", times, 3), 1);
    ck_assert_int_eq(board_times("", times, 3), 0);
}
END_TEST


START_TEST(each_tile_is_shown_until_the_next_one)
{
    int i;
    char *text;
    double times[12];

    board_plan(&board, 24, 320, 180);
    for (i = 0; i < 12; i++) {
        times[i] = 2 * i + 0.5;
    }
    text = board_vtt(&board, times, 12, 24);
    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_eq(strstr(text, "WEBVTT\n\n00:00:00.000 --> 00:00:02.500\n"
                                  "sheet-1.jpg#xywh=0,0,160,90\n"),
                     text);
    ck_assert_ptr_nonnull(strstr(text, "00:00:22.500 --> 00:00:24.000\n"
                                       "sheet-1.jpg#xywh=160,90,160,90\n"));
    free(text);
}
END_TEST


START_TEST(a_stamp_has_its_milliseconds)
{
    char text[STAMP_SIZE];

    stamp(text, 3725.0006);
    ck_assert_str_eq(text, "01:02:05.001");
    stamp(text, -1);
    ck_assert_str_eq(text, "00:00:00.000");
    stamp(text, 1e9);
    ck_assert_str_eq(text, "277:46:40.000");
}
END_TEST


RUN("worker/board", a_film_has_200_tiles_at_most,
    a_short_film_has_fewer_on_a_smaller_sheet, a_tile_has_the_shape_of_the_film,
    times_are_read_as_they_were_printed, each_tile_is_shown_until_the_next_one,
    a_stamp_has_its_milliseconds)
