#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/playlist.h"

#define HEAD "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n"
#define MAP "#EXT-X-MAP:URI=\"720p.mp4\",BYTERANGE=\"100@0\"\n"
#define ONE "#EXTINF:6.000000,\n#EXT-X-BYTERANGE:600@100\n720p.mp4\n"
#define TWO "#EXTINF:2.500000,\n#EXT-X-BYTERANGE:300@700\n720p.mp4\n"
#define END "#EXT-X-ENDLIST\n"

static playlist_t playlist;
static char err[256];


static int
check(const char *text, uint64_t size)
{
    return playlist_check(text, strlen(text), "720p.mp4", size, &playlist, err,
                          sizeof(err));
}


START_TEST(ranges_that_fill_the_file_are_good)
{
    ck_assert_msg(check(HEAD MAP ONE TWO END, 1000) == 0, "%s", err);
    ck_assert_int_eq(playlist.segments, 2);
    ck_assert_uint_eq(playlist.map_size, 100);
}
END_TEST


START_TEST(the_duration_is_the_sum_of_the_segments)
{
    check(HEAD MAP ONE TWO END, 1000);
    ck_assert_double_eq_tol(playlist.duration, 8.5, 1e-9);
}
END_TEST


START_TEST(the_peak_is_the_hungriest_segment)
{
    check(HEAD MAP ONE TWO END, 1000);
    ck_assert_uint_eq(playlist.peak_rate, 960);
}
END_TEST


START_TEST(the_peak_is_never_below_the_average)
{
    /* of the last segment's rate nothing is said, as it is too short */
    check(HEAD MAP ONE "#EXTINF:0.500000,\n#EXT-X-BYTERANGE:900@700\n"
                       "720p.mp4\n" END,
          1600);
    ck_assert_uint_eq(playlist.average_rate, 1846);
    ck_assert_uint_eq(playlist.peak_rate, 1846);
}
END_TEST


START_TEST(the_ends_take_what_sound_has_alone)
{
    char *text = playlist_stretch(HEAD MAP ONE ONE TWO END, 0.52, 4.25);

    ck_assert_str_eq(
        text, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:7\n" MAP
              "#EXTINF:6.520000,\n#EXT-X-BYTERANGE:600@100\n720p.mp4\n" ONE
              "#EXTINF:6.750000,\n#EXT-X-BYTERANGE:300@700\n720p.mp4\n" END);
    free(text);

    text = playlist_stretch(HEAD MAP TWO END, 0.5, 0.25);
    ck_assert_ptr_nonnull(strstr(text, "TARGETDURATION:3\n"));
    ck_assert_ptr_nonnull(strstr(text, "#EXTINF:3.250000,\n"));
    free(text);
}
END_TEST


START_TEST(a_file_longer_than_its_ranges_is_refused)
{
    ck_assert_int_eq(check(HEAD MAP ONE TWO END, 1001), -1);
}
END_TEST


START_TEST(a_gap_between_ranges_is_refused)
{
    ck_assert_int_eq(
        check(HEAD MAP ONE
              "#EXTINF:2,\n#EXT-X-BYTERANGE:299@701\n720p.mp4\n" END,
              1000),
        -1);
}
END_TEST


START_TEST(a_range_around_the_end_of_all_numbers_is_refused)
{
    ck_assert_int_eq(
        check(HEAD MAP "#EXTINF:2,\n#EXT-X-BYTERANGE:18446744073709551566@100\n"
                       "720p.mp4\n" END,
              50),
        -1);
}
END_TEST


START_TEST(a_segment_that_never_ends_is_refused)
{
    ck_assert_int_eq(check(HEAD MAP "#EXTINF:inf,\n#EXT-X-BYTERANGE:900@100\n"
                                    "720p.mp4\n" END,
                           1000),
                     -1);
}
END_TEST


START_TEST(the_rate_of_a_moment_is_a_number)
{
    check(HEAD MAP "#EXTINF:1e-300,\n#EXT-X-BYTERANGE:900@100\n720p.mp4\n" END,
          1000);
    ck_assert_uint_eq(playlist.peak_rate, 1000000000000000);
}
END_TEST


START_TEST(a_range_without_its_place_is_refused)
{
    ck_assert_int_eq(
        check(HEAD MAP "#EXTINF:6,\n#EXT-X-BYTERANGE:600\n720p.mp4\n" END, 700),
        -1);
}
END_TEST


START_TEST(a_list_without_map_is_refused)
{
    ck_assert_int_eq(
        check(HEAD "#EXTINF:6,\n#EXT-X-BYTERANGE:600@0\n720p.mp4\n" END, 600),
        -1);
}
END_TEST


START_TEST(a_list_without_end_is_refused)
{
    ck_assert_int_eq(check(HEAD MAP ONE TWO, 1000), -1);
}
END_TEST


START_TEST(another_file_in_the_list_is_refused)
{
    ck_assert_int_eq(check(HEAD MAP "#EXTINF:6,\n#EXT-X-BYTERANGE:600@100\n"
                                    "/etc/passwd\n" END,
                           700),
                     -1);
}
END_TEST


START_TEST(another_file_in_the_map_is_refused)
{
    ck_assert_int_eq(check(HEAD "#EXT-X-MAP:URI=\"/x\",URI=\"720p.mp4\","
                                "BYTERANGE=\"100@0\"\n" ONE TWO END,
                           1000),
                     -1);
}
END_TEST


START_TEST(a_key_in_the_list_is_refused)
{
    ck_assert_int_eq(
        check(HEAD "#EXT-X-KEY:METHOD=AES-128,URI=\"//elsewhere/key\"\n" MAP ONE
                  TWO END,
              1000),
        -1);
}
END_TEST


START_TEST(what_is_no_playlist_is_refused)
{
    ck_assert_int_eq(check("", 0), -1);
    ck_assert_int_eq(check("720p.mp4\n", 0), -1);
}
END_TEST


START_TEST(the_master_names_rate_codecs_and_size)
{
    char text[512];
    playlist_variant_t variant = { .uri = "720p.m3u8",
                                   .peak_rate = 2000,
                                   .average_rate = 1000,
                                   .codecs = "avc1.64001f,mp4a.40.2",
                                   .width = 1280,
                                   .height = 720,
                                   .frame_rate = 25 };

    ck_assert_int_gt(playlist_master(&variant, text, sizeof(text)), 0);
    ck_assert_ptr_nonnull(strstr(text, "BANDWIDTH=2000,AVERAGE-BANDWIDTH=1000,"
                                       "CODECS=\"avc1.64001f,mp4a.40.2\","
                                       "RESOLUTION=1280x720,"
                                       "FRAME-RATE=25.000\n720p.m3u8\n"));
}
END_TEST


START_TEST(sound_alone_has_no_resolution)
{
    char text[512];
    playlist_variant_t variant = { .uri = "audio.m3u8",
                                   .peak_rate = 2000,
                                   .codecs = "mp4a.40.2" };

    playlist_master(&variant, text, sizeof(text));
    ck_assert_ptr_null(strstr(text, "RESOLUTION"));
}
END_TEST


/* The boxes as ffmpeg writes them, without what stands around. */
static const unsigned char boxes[] = {
    0,    0,    0,    0x30, 'a',  'v',  'c',  'C',  1,    0x64, 0,
    0x1f, 0xff, 0xe1, 0,    0,    0,    0,    0x33, 'e',  's',  'd',
    's',  0,    0,    0,    0,    3,    0x80, 0x80, 0x80, 0x22, 0,
    2,    0,    4,    0x80, 0x80, 0x80, 0x14, 0x40, 0x15, 0,    0,
    0,    0,    1,    0xf4, 0,    0,    1,    0x0f, 0x2c, 5,    0x80,
    0x80, 0x80, 2,    0x12, 0x10, 6,    0x80, 0x80, 0x80, 1,    2
};


START_TEST(codecs_come_from_the_boxes)
{
    char codecs[64];

    ck_assert_int_eq(
        playlist_codecs(boxes, sizeof(boxes), 1, 1, codecs, sizeof(codecs)), 0);
    ck_assert_str_eq(codecs, "avc1.64001f,mp4a.40.2");
}
END_TEST


START_TEST(boxes_cut_short_are_refused)
{
    char codecs[64];
    size_t len;
    unsigned char *copy;

    /* up to the byte that tells the type of sound */
    for (len = 0; len <= sizeof(boxes) - 8; len++) {
        copy = malloc(len + 1);
        memcpy(copy, boxes, len);
        ck_assert_int_eq(
            playlist_codecs(copy, len, 1, 1, codecs, sizeof(codecs)), -1);
        free(copy);
    }
}
END_TEST


RUN("worker/playlist", ranges_that_fill_the_file_are_good,
    the_duration_is_the_sum_of_the_segments, the_peak_is_the_hungriest_segment,
    the_peak_is_never_below_the_average, the_ends_take_what_sound_has_alone,
    a_file_longer_than_its_ranges_is_refused, a_gap_between_ranges_is_refused,
    a_range_without_its_place_is_refused,
    a_range_around_the_end_of_all_numbers_is_refused,
    a_segment_that_never_ends_is_refused, the_rate_of_a_moment_is_a_number,
    a_list_without_map_is_refused, a_list_without_end_is_refused,
    another_file_in_the_map_is_refused, a_key_in_the_list_is_refused,
    another_file_in_the_list_is_refused, what_is_no_playlist_is_refused,
    the_master_names_rate_codecs_and_size, sound_alone_has_no_resolution,
    codecs_come_from_the_boxes, boxes_cut_short_are_refused)
