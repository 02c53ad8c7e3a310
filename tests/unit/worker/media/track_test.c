#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/track.h"

#define HEAD "track video 12800 250 0 128000\ncodecs avc1.64001f\n"
#define INIT "init 700\nindex 700 64\n"
#define ONE "segment 764 6000 76800 1000\n"
#define TWO "segment 6764 2000 51200 900\n"
#define SIZE 8764

static track_t track;
static char err[256];


static int
parse(const char *text, uint64_t size)
{
    return track_parse(text, strlen(text), size, &track, err, sizeof(err));
}


static void
refused(const char *text, uint64_t size)
{
    ck_assert_int_eq(parse(text, size), -1);
    ck_assert_uint_gt(strlen(err), 0);
    ck_assert_ptr_null(track.segment);
}


START_TEST(parts_that_fill_the_file_are_read)
{
    ck_assert_msg(parse(HEAD INIT ONE TWO, SIZE) == 0, "%s", err);
    ck_assert_int_eq(track.video, 1);
    ck_assert_int_eq(track.open, 0);
    ck_assert_uint_eq(track.timescale, 12800);
    ck_assert_uint_eq(track.samples, 250);
    ck_assert_str_eq(track.codecs, "avc1.64001f");
    ck_assert_uint_eq(track.init, 700);
    ck_assert_uint_eq(track.index_size, 64);
    ck_assert_uint_eq(track.count, 2);
    ck_assert_uint_eq(track.segment[1].at, 6764);
    ck_assert_uint_eq(track.segment[1].key, 900);
    ck_assert_double_eq_tol(track_duration(&track), 10, 1e-9);
    ck_assert_uint_eq(track_target(&track), 6);
    track_free(&track);
}
END_TEST


START_TEST(the_most_pictures_a_second_are_told)
{
    ck_assert_int_eq(parse(HEAD "densest 120 25600\n" INIT ONE TWO, SIZE), 0);
    ck_assert_double_eq_tol(track.rate, 60, 1e-9);
    track_free(&track);

    refused(HEAD "densest 251 25600\n" INIT ONE TWO, SIZE);
    refused(HEAD "densest 0 25600\n" INIT ONE TWO, SIZE);
    refused(HEAD "densest 1 0\n" INIT ONE TWO, SIZE);
    refused(HEAD "densest 1 1\ndensest 1 1\n" INIT ONE TWO, SIZE);
    refused(HEAD "steps 1024 1024\n" INIT ONE TWO, SIZE); /* of pictures */
}
END_TEST


START_TEST(segments_that_need_others_are_told)
{
    ck_assert_int_eq(parse(HEAD "open\n" INIT ONE TWO, SIZE), 0);
    ck_assert_int_eq(track.open, 1);
    track_free(&track);
}
END_TEST


START_TEST(sound_has_no_pictures)
{
    ck_assert_int_eq(parse("track audio 44100 9 0 44100\ncodecs mp4a.40.2\n"
                           "init 7\nindex 7 3\nsegment 10 90 44100 0\n",
                           100),
                     0);
    ck_assert_int_eq(track.video, 0);
    track_free(&track);
    refused("track audio 44100 9 0 44100\ncodecs mp4a.40.2\n"
            "init 7\nindex 7 3\nsegment 10 90 44100 5\n",
            100);
    refused("track video 44100 9 0 44100\ncodecs avc1.64001f\n"
            "init 7\nindex 7 3\nsegment 10 90 44100 0\n",
            100);
}
END_TEST


START_TEST(the_steps_of_sound_are_told)
{
    static const char head[] = "track audio 48000 9 0 48000\n"
                               "codecs mp4a.40.2\n";
    static const char rest[] = "init 7\nindex 7 3\nsegment 10 90 48000 0\n";
    char text[256];

    snprintf(text, sizeof(text), "%ssteps 1024 2048\n%s", head, rest);
    ck_assert_int_eq(parse(text, 100), 0);
    ck_assert_double_eq_tol(track.step, 1024.0 / 48000, 1e-9);
    ck_assert_double_eq_tol(track.step_max, 2048.0 / 48000, 1e-9);
    track_free(&track);

    snprintf(text, sizeof(text), "%ssteps 1024 1023\n%s", head, rest);
    refused(text, 100);
    snprintf(text, sizeof(text), "%ssteps 0 1\n%s", head, rest);
    refused(text, 100);
    snprintf(text, sizeof(text), "%ssteps 1 1\nsteps 1 1\n%s", head, rest);
    refused(text, 100);
}
END_TEST


START_TEST(a_refusal_is_handed_on_in_one_line)
{
    ck_assert_int_eq(parse("refused a  piece\tthat is broken\n", 0), 1);
    ck_assert_str_eq(err, "a piece that is broken");
}
END_TEST


START_TEST(parts_that_leave_bytes_over_are_refused)
{
    refused(HEAD INIT ONE TWO, SIZE + 1);
    refused(HEAD INIT ONE TWO, SIZE - 1);
    refused(HEAD INIT ONE "segment 6765 1999 51200 900\n", SIZE);
    refused(HEAD INIT ONE "segment 6763 2001 51200 900\n", SIZE);
    refused(HEAD "init 699\nindex 700 64\n" ONE TWO, SIZE);
}
END_TEST


START_TEST(segments_last_as_long_as_the_track)
{
    refused(HEAD INIT ONE "segment 6764 2000 51201 900\n", SIZE);
    refused(HEAD INIT ONE "segment 6764 2000 51199 900\n", SIZE);
    refused(HEAD INIT ONE "segment 6764 2000 0 900\n", SIZE);
}
END_TEST


START_TEST(a_first_picture_larger_than_its_segment_is_refused)
{
    refused(HEAD INIT ONE "segment 6764 2000 51200 2001\n", SIZE);
}
END_TEST


START_TEST(lines_that_are_missing_or_come_twice_are_refused)
{
    refused("", 0);
    refused(INIT ONE TWO, SIZE);
    refused("track video 12800 250 0 128000\n" INIT ONE TWO, SIZE);
    refused(HEAD HEAD INIT ONE TWO, SIZE);
    refused(HEAD INIT INIT ONE TWO, SIZE);
    refused(HEAD "init 700\n" ONE TWO, SIZE);
    refused(HEAD INIT, 764);
    refused(HEAD INIT ONE TWO "end\n", SIZE);
    refused(HEAD INIT ONE "segment 6764 2000 51200 900", SIZE);
}
END_TEST


START_TEST(numbers_are_numbers)
{
    refused("track video 0 250 0 128000\ncodecs avc1.64001f\n" INIT ONE TWO,
            SIZE);
    refused("track video 4294967296 250 0 128000\ncodecs a.b\n" INIT ONE TWO,
            SIZE);
    refused("track video 12800 250 -1 128000\ncodecs a.b\n" INIT ONE TWO, SIZE);
    refused(HEAD INIT ONE "segment 6764 2000 51200 900 1\n", SIZE);
    refused(HEAD INIT ONE "segment 6764 2000 51200\n", SIZE);
    refused(HEAD INIT ONE "segment 6764 2000  51200 900\n", SIZE);
    refused(HEAD INIT ONE "segment 6764 +2000 51200 900\n", SIZE);
    refused(HEAD INIT ONE "segment 6764 99999999999999999999 51200 900\n",
            SIZE);
}
END_TEST


START_TEST(codecs_fit_a_playlist)
{
    refused("track video 12800 250 0 128000\ncodecs avc1\",X\n" INIT ONE TWO,
            SIZE);
    refused("track video 12800 250 0 128000\ncodecs \n" INIT ONE TWO, SIZE);
    refused("track video 12800 250 0 128000\ncodecs avc1,hvc1\n" INIT ONE TWO,
            SIZE);
}
END_TEST


static json_int_t
described(const char *name)
{
    json_int_t number;
    json_t *about = json_object();

    ck_assert_int_eq(track_describe(&track, about), 0);
    number = json_integer_value(json_object_get(about, name));
    json_decref(about);

    return number;
}


/* 6 s of 6,000 bytes, then 4 s of 2,000: both are sets of half a target
   duration and more; together they last longer than 1.5 of them. */
START_TEST(the_peak_is_that_of_the_hungriest_set_of_segments)
{
    parse(HEAD INIT ONE TWO, SIZE);
    ck_assert_int_eq(described("bandwidth"), 8000);
    ck_assert_int_eq(described("average"), 6400);
    ck_assert_int_eq(described("iframes"), 1800);
    track_free(&track);
}
END_TEST


/* RFC 8216bis, 4.4.6.2: a set lasts half a target duration at least, so that
   of a last moment nothing is said */
START_TEST(a_short_last_segment_is_no_peak)
{
    parse("track video 1000 99 0 6100\ncodecs avc1.64001f\n" INIT
          "segment 764 6000 6000 1000\nsegment 6764 2000 100 900\n",
          SIZE);
    ck_assert_int_eq(described("bandwidth"), 10492);
    ck_assert_int_eq(described("average"), 10492);
    track_free(&track);
}
END_TEST


START_TEST(short_segments_are_taken_together)
{
    parse("track audio 1000 99 0 10000\ncodecs mp4a.40.2\ninit 700\n"
          "index 700 64\n"
          "segment 764 1000 6000 0\nsegment 1764 3000 2000 0\n"
          "segment 4764 4000 2000 0\n",
          SIZE);
    /* 4 s of 7,000 bytes; 2 s are too short */
    ck_assert_int_eq(described("bandwidth"), 14000);
    track_free(&track);
}
END_TEST


START_TEST(what_comes_before_the_first_sound_counts_as_time)
{
    parse("track audio 1000 99 2000 10000\ncodecs mp4a.40.2\ninit 700\n"
          "index 700 64\nsegment 764 8000 8000 0\n",
          SIZE);
    ck_assert_uint_eq(track_target(&track), 10);
    ck_assert_int_eq(described("average"), 6400);
    track_free(&track);
}
END_TEST


START_TEST(microseconds_are_exact_after_years)
{
    const track_t fine = { .timescale = 90000 };

    ck_assert_int_eq(track_micro(&fine, 45), 500);
    ck_assert_int_eq(track_micro(&fine, INT64_C(90000) * 400000000 + 1),
                     INT64_C(400000000000000) + 11);
}
END_TEST


RUN("worker/media/track", the_most_pictures_a_second_are_told,
    parts_that_fill_the_file_are_read, segments_that_need_others_are_told,
    sound_has_no_pictures, the_steps_of_sound_are_told,
    a_refusal_is_handed_on_in_one_line, parts_that_leave_bytes_over_are_refused,
    segments_last_as_long_as_the_track,
    a_first_picture_larger_than_its_segment_is_refused,
    lines_that_are_missing_or_come_twice_are_refused, numbers_are_numbers,
    codecs_fit_a_playlist, the_peak_is_that_of_the_hungriest_set_of_segments,
    a_short_last_segment_is_no_peak, short_segments_are_taken_together,
    what_comes_before_the_first_sound_counts_as_time,
    microseconds_are_exact_after_years)
