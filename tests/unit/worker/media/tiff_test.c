#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/tiff.h"

#define BYTES(text) text, sizeof(text) - 1

#define SIDE(tag, value) tag "\3\0\1\0\0\0" value "\0\0"
#define WIDTH "\0\1"
#define HEIGHT "\1\1"
#define SUBFILE "\xfe\0"
#define TURN "\x12\1"

/* 100 × 200, then what follows at `next` */
#define PAGE(next) "\2\0" SIDE(WIDTH, "\x64\0") SIDE(HEIGHT, "\xc8\0") next

static tiff_t tiff;


START_TEST(pages_follow_one_another)
{
    ck_assert_int_eq(
        tiff_parse(BYTES("II*\0\x08\0\0\0" PAGE("\x26\0\0\0") PAGE("\0\0\0\0")),
                   &tiff),
        0);
    ck_assert_int_eq(tiff.pages, 2);
    ck_assert_uint_eq(tiff.width, 100);
    ck_assert_uint_eq(tiff.height, 200);
    ck_assert_uint_eq(tiff.pixels, 20000);
    ck_assert_int_eq(tiff.orientation, 1);
}
END_TEST


START_TEST(the_other_byte_order_reads_as_well)
{
    ck_assert_int_eq(tiff_parse(BYTES("MM\0*\0\0\0\x08\0\3"
                                      "\1\0\0\4\0\0\0\1\0\1\0\0"
                                      "\1\1\0\3\0\0\0\1\0\x10\0\0"
                                      "\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"),
                                &tiff),
                     0);
    ck_assert_uint_eq(tiff.width, 65536);
    ck_assert_uint_eq(tiff.height, 16);
    ck_assert_int_eq(tiff_turned(tiff.orientation), 1);
}
END_TEST


START_TEST(a_thumbnail_is_no_page)
{
    ck_assert_int_eq(
        tiff_parse(BYTES("II*\0\x08\0\0\0\2\0" SIDE(SUBFILE, "\1\0")
                             SIDE(WIDTH, "\x64\0") "\0\0\0\0"),
                   &tiff),
        0);
    ck_assert_int_eq(tiff.pages, 0);
}
END_TEST


START_TEST(the_largest_page_counts)
{
    ck_assert_int_eq(
        tiff_parse(
            BYTES("II*\0\x08\0\0\0" PAGE(
                "\x26\0\0\0") "\2\0"
                              "\0\1\4\0\1\0\0\0\xff\xff\xff\xff"
                              "\1\1\4\0\1\0\0\0\xff\xff\xff\xff\0\0\0\0"),
            &tiff),
        0);
    ck_assert_uint_eq(tiff.pixels, 0xfffffffe00000001ULL);
    ck_assert_uint_eq(tiff.wide, 0xffffffff);
}
END_TEST


START_TEST(directories_that_go_in_a_circle_are_refused)
{
    ck_assert_int_eq(
        tiff_parse(BYTES("II*\0\x08\0\0\0" PAGE("\x08\0\0\0")), &tiff), -1);
}
END_TEST


START_TEST(directories_that_lead_outside_are_refused)
{
    static const char file[] = "II*\0\x08\0\0\0" PAGE("\0\0\0\0");
    size_t len;

    for (len = 0; len < sizeof(file) - 1; len++) {
        ck_assert_int_eq(tiff_parse(file, len, &tiff), -1);
    }
    ck_assert_int_eq(tiff_parse(BYTES("II*\0\xff\xff\xff\xff"), &tiff), -1);
    ck_assert_int_eq(tiff_parse(BYTES("II*\0\x08\0\0\0\xff\xff"), &tiff), -1);
    ck_assert_int_eq(tiff_parse(BYTES("II*\0\0\0\0\0"), &tiff), -1);
}
END_TEST


START_TEST(an_orientation_that_is_none_is_upright)
{
    ck_assert_int_eq(
        tiff_parse(BYTES("II*\0\x08\0\0\0\1\0" SIDE(TURN, "\x09\0") "\0\0\0\0"),
                   &tiff),
        0);
    ck_assert_int_eq(tiff.orientation, 1);
}
END_TEST


RUN("worker/tiff", pages_follow_one_another, the_other_byte_order_reads_as_well,
    a_thumbnail_is_no_page, the_largest_page_counts,
    directories_that_go_in_a_circle_are_refused,
    directories_that_lead_outside_are_refused,
    an_orientation_that_is_none_is_upright)
