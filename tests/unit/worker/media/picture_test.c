#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/picture.h"

#define PNG_HEAD "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"
#define PNG_REST "\x08\x02\0\0\0\0\0\0\0"
#define PNG_END "\0\0\0\0IEND\xae\x42\x60\x82"

#define JPEG_HEAD "\xff\xd8\xff\xe0\0\x04xx"
#define JPEG_SOF "\xff\xc2\0\x11\x08\x06\xda\x04\xd9\x03xxxxxxxxx"
#define JPEG_END "\xff\xd9"

#define BYTES(text) text, sizeof(text) - 1

static picture_t picture;


START_TEST(a_png_tells_its_size)
{
    ck_assert_int_eq(
        picture_png(BYTES(PNG_HEAD "\0\0\x04\xd9\0\0\x06\xda" PNG_REST PNG_END),
                    &picture),
        0);
    ck_assert_uint_eq(picture.width, 1241);
    ck_assert_uint_eq(picture.height, 1754);
    ck_assert_int_eq(picture.complete, 1);
}
END_TEST


START_TEST(a_png_without_its_end_is_not_complete)
{
    ck_assert_int_eq(
        picture_png(BYTES(PNG_HEAD "\0\0\0\1\0\0\0\1" PNG_REST "xxxx"),
                    &picture),
        0);
    ck_assert_int_eq(picture.complete, 0);
}
END_TEST


START_TEST(a_png_without_pixels_is_refused)
{
    ck_assert_int_eq(
        picture_png(BYTES(PNG_HEAD "\0\0\0\0\0\0\0\1" PNG_REST PNG_END),
                    &picture),
        -1);
}
END_TEST


START_TEST(ninety_bytes_of_something_are_no_png)
{
    ck_assert_int_eq(picture_png(BYTES("\x89PNG"), &picture), -1);
    ck_assert_int_eq(picture_png("", 0, &picture), -1);
}
END_TEST


/* Exif whose only entry is the orientation: 6, a quarter turn. */
#define JPEG_TURNED                 \
    "\xff\xe1\0\x22"                \
    "Exif\0\0MM\0*\0\0\0\x08\0\x01" \
    "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


START_TEST(a_jpeg_that_is_to_be_turned_tells_the_size_it_is_shown_in)
{
    ck_assert_int_eq(
        picture_jpeg(BYTES(JPEG_HEAD JPEG_TURNED JPEG_SOF JPEG_END), &picture),
        0);
    ck_assert_uint_eq(picture.width, 0x06da);
    ck_assert_uint_eq(picture.height, 0x04d9);
}
END_TEST


START_TEST(a_jpeg_tells_its_size)
{
    ck_assert_int_eq(picture_jpeg(BYTES(JPEG_HEAD JPEG_SOF JPEG_END), &picture),
                     0);
    ck_assert_uint_eq(picture.width, 1241);
    ck_assert_uint_eq(picture.height, 1754);
    ck_assert_int_eq(picture.complete, 1);
}
END_TEST


START_TEST(a_jpeg_whose_segments_lead_outside_is_refused)
{
    ck_assert_int_eq(
        picture_jpeg(BYTES("\xff\xd8\xff\xe0\xff\xff" JPEG_SOF JPEG_END),
                     &picture),
        -1);
}
END_TEST


START_TEST(a_jpeg_without_frame_is_refused)
{
    ck_assert_int_eq(
        picture_jpeg(BYTES(JPEG_HEAD "\xff\xda\0\x04xxxxxxxxxx"), &picture),
        -1);
}
END_TEST


START_TEST(a_page_of_the_right_proportions_fits)
{
    picture.width = 1414;
    picture.height = 2000;
    ck_assert_int_eq(picture_fits(&picture, 595.28, 841.89), 1);
}
END_TEST


START_TEST(a_page_lying_on_its_side_does_not_fit)
{
    picture.width = 2000;
    picture.height = 1414;
    ck_assert_int_eq(picture_fits(&picture, 595.28, 841.89), 0);
}
END_TEST


START_TEST(a_very_narrow_page_may_be_off_by_a_pixel)
{
    picture.width = 1;
    picture.height = 2000;
    ck_assert_int_eq(picture_fits(&picture, 1, 10000), 1);
}
END_TEST


START_TEST(a_wide_picture_is_bounded_by_its_width)
{
    int width, height;
    const picture_t wide = { .width = 8000, .height = 1000 };

    picture_bound(&wide, 2000, &width, &height);
    ck_assert_int_eq(width, 2000);
    ck_assert_int_eq(height, 250);
}
END_TEST


START_TEST(a_small_picture_stays_as_it_is)
{
    int width, height;
    const picture_t small = { .width = 30, .height = 40 };

    picture_bound(&small, 2000, &width, &height);
    ck_assert_int_eq(width, 30);
    ck_assert_int_eq(height, 40);
}
END_TEST


START_TEST(the_shorter_side_keeps_a_pixel)
{
    int width, height;
    const picture_t line = { .width = 60000, .height = 1 };

    picture_bound(&line, 400, &width, &height);
    ck_assert_int_eq(height, 1);
}
END_TEST


RUN("worker/picture", a_png_tells_its_size,
    a_png_without_its_end_is_not_complete, a_png_without_pixels_is_refused,
    ninety_bytes_of_something_are_no_png, a_jpeg_tells_its_size,
    a_jpeg_that_is_to_be_turned_tells_the_size_it_is_shown_in,
    a_jpeg_whose_segments_lead_outside_is_refused,
    a_jpeg_without_frame_is_refused, a_page_of_the_right_proportions_fits,
    a_page_lying_on_its_side_does_not_fit,
    a_very_narrow_page_may_be_off_by_a_pixel,
    a_wide_picture_is_bounded_by_its_width, a_small_picture_stays_as_it_is,
    the_shorter_side_keeps_a_pixel)
