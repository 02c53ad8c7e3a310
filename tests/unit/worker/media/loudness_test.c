#include <math.h>
#include <stdio.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/loudness.h"

#define SUMMARY(i, lra, peak)                                               \
    "[Parsed_ebur128_0 @ 0x56] Summary:\n\n  Integrated loudness:\n"        \
    "    I:         " i " LUFS\n    Threshold: -35.1 LUFS\n\n"              \
    "  Loudness range:\n    LRA:        " lra " LU\n    Threshold: -45.1 "  \
    "LUFS\n    LRA low:   -25.1 LUFS\n\n  True peak:\n    Peak:      " peak \
    " dBFS\n"

static loudness_t loudness;
static unsigned char peaks[4];


START_TEST(the_summary_is_read)
{
    ck_assert_int_eq(
        loudness_read("size=N/A\n" SUMMARY("-25.1", "3.4", "-13.2"), &loudness),
        0);
    ck_assert_double_eq(loudness.integrated, -25.1);
    ck_assert_double_eq(loudness.range, 3.4);
    ck_assert_double_eq(loudness.peak, -13.2);
}
END_TEST


START_TEST(what_a_file_calls_itself_is_no_summary)
{
    ck_assert_int_eq(
        loudness_read("    title : Summary:\n    I: -1.0 LUFS\n" SUMMARY(
                          "-25.1", "3.4", "-13.2"),
                      &loudness),
        0);
    ck_assert_double_eq(loudness.integrated, -25.1);
    ck_assert_int_eq(loudness_read("size=N/A\n", &loudness), -1);
    ck_assert_int_eq(loudness_read("Summary:\n", &loudness), -1);
}
END_TEST


START_TEST(silence_has_no_peak)
{
    ck_assert_int_eq(loudness_read(SUMMARY("-70.0", "0.0", "-inf"), &loudness),
                     0);
    ck_assert(!isfinite(loudness.peak));
}
END_TEST


START_TEST(levels_become_parts_of_full_scale)
{
    ck_assert_int_eq(
        loudness_peaks("lavfi.astats.Overall.Peak_level=0.000000\n"
                       "frame:1 pts:1\n"
                       "lavfi.astats.Overall.Peak_level=-6.020600\n"
                       "lavfi.astats.Overall.Peak_level=-inf\n"
                       "lavfi.astats.Overall.Peak_level=3.0\n",
                       peaks, 4),
        4);
    ck_assert_uint_eq(peaks[0], 255);
    ck_assert_uint_eq(peaks[1], 127);
    ck_assert_uint_eq(peaks[2], 0);
    ck_assert_uint_eq(peaks[3], 255);
    ck_assert_int_eq(loudness_peaks("", peaks, 4), 0);
}
END_TEST


START_TEST(where_there_are_too_many_the_highest_counts)
{
    int i;
    char text[1024] = "";

    for (i = 0; i < 9; i++) {
        sprintf(text + strlen(text), "Overall.Peak_level=%d.0\n",
                i % 3 == 1 ? -20 : -40);
    }
    ck_assert_int_eq(loudness_peaks(text, peaks, 4), 3);
    ck_assert_uint_eq(peaks[0], 26);
    ck_assert_uint_eq(peaks[2], 26);
}
END_TEST


RUN("worker/loudness", the_summary_is_read,
    what_a_file_calls_itself_is_no_summary, silence_has_no_peak,
    levels_become_parts_of_full_scale,
    where_there_are_too_many_the_highest_counts)
