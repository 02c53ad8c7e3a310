#include "tests/unit/suite.h"
#include "worker/media/picture.h"

#define JPEG_HEAD "\xff\xd8\xff\xe0\0\x04xx"
#define JPEG_SOF "\xff\xc2\0\x11\x08\x06\xda\x04\xd9\x03xxxxxxxxx"
#define JPEG_END "\xff\xd9"

#define BYTES(text) text, sizeof(text) - 1

static picture_t picture;


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


RUN("worker/picture", a_jpeg_tells_its_size,
    a_jpeg_whose_segments_lead_outside_is_refused,
    a_jpeg_without_frame_is_refused, a_page_of_the_right_proportions_fits,
    a_page_lying_on_its_side_does_not_fit,
    a_very_narrow_page_may_be_off_by_a_pixel)
