#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/chapters.h"

static chapters_t chapters;


static void
read_chapters(const char *json, double zero, double duration)
{
    json_t *rows = json_loads(json, 0, NULL);

    ck_assert_ptr_nonnull(rows);
    chapters_read(&chapters, rows, zero, duration);
    json_decref(rows);
}


START_TEST(chapters_are_told_in_their_order)
{
    json_t *told;

    read_chapters("[{\"start_time\":\"60.0\",\"end_time\":\"90.5\","
                  "\"tags\":{\"TITLE\":\"Zwei\\n<b>\"}},"
                  "{\"start_time\":\"0.0\",\"end_time\":\"60.0\","
                  "\"tags\":{\"title\":\"Eins\"}}]",
                  0, 90);
    ck_assert_int_eq(chapters.count, 2);
    told = chapters_tell(&chapters);
    ck_assert_uint_eq(json_array_size(told), 2);
    ck_assert_str_eq(
        json_string_value(json_object_get(json_array_get(told, 1), "title")),
        "Zwei <b>");
    ck_assert_double_eq(
        json_number_value(json_object_get(json_array_get(told, 1), "end")), 90);
    json_decref(told);
}
END_TEST


START_TEST(in_webvtt_a_title_is_text)
{
    char *text;

    read_chapters("[{\"start_time\":\"0\",\"end_time\":\"1\","
                  "\"tags\":{\"title\":\"<script> & --> x\"}}]",
                  0, 90);
    text = chapters_vtt(&chapters);
    ck_assert_str_eq(text, "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n"
                           "&lt;script&gt; &amp; --&gt; x\n");
    free(text);
}
END_TEST


START_TEST(what_lies_outside_of_the_film_is_left_out)
{
    read_chapters("[{\"start_time\":\"1000\",\"end_time\":\"1002\"},"
                  "{\"start_time\":\"1002\",\"end_time\":\"9e9\"},"
                  "{\"start_time\":\"1003.5\",\"end_time\":\"1004\"}]",
                  1000, 3);
    ck_assert_int_eq(chapters.count, 2);
    ck_assert_double_eq(chapters.list[0].start, 0);
    ck_assert_double_eq(chapters.list[1].end, 3);
    ck_assert_str_eq(chapters.list[1].title, "2");
}
END_TEST


START_TEST(chapters_may_have_a_clock_of_their_own)
{
    read_chapters("[{\"start_time\":\"0\",\"end_time\":\"2\"},"
                  "{\"start_time\":\"2\",\"end_time\":\"6\"}]",
                  1000, 6);
    ck_assert_int_eq(chapters.count, 2);
    ck_assert_double_eq(chapters.list[1].start, 2);
}
END_TEST


START_TEST(none_lies_over_the_next_one)
{
    read_chapters("[{\"start_time\":\"0\",\"end_time\":\"50\"},"
                  "{\"start_time\":\"10\",\"end_time\":\"0\"},"
                  "{\"start_time\":\"10\",\"end_time\":\"20\"}]",
                  0, 90);
    ck_assert_int_eq(chapters.count, 2);
    ck_assert_double_eq(chapters.list[0].end, 10);
    ck_assert_double_eq(chapters.list[1].end, 20);
}
END_TEST


START_TEST(without_chapters_there_is_nothing)
{
    chapters_read(&chapters, NULL, 0, 90);
    ck_assert_ptr_null(chapters_tell(&chapters));
    ck_assert_ptr_null(chapters_vtt(&chapters));
}
END_TEST


START_TEST(there_are_not_more_than_fit)
{
    int i;
    json_t *rows = json_array();

    for (i = 0; i < CHAPTERS_MAX + 5; i++) {
        json_array_append_new(rows, json_pack("{s:f, s:f}", "start_time",
                                              (double) i, "end_time", i + 1.0));
    }
    chapters_read(&chapters, rows, 0, 1e4);
    ck_assert_int_eq(chapters.count, CHAPTERS_MAX);
    json_decref(rows);
}
END_TEST


RUN("worker/chapters", chapters_are_told_in_their_order,
    in_webvtt_a_title_is_text, what_lies_outside_of_the_film_is_left_out,
    chapters_may_have_a_clock_of_their_own, none_lies_over_the_next_one,
    without_chapters_there_is_nothing, there_are_not_more_than_fit)
