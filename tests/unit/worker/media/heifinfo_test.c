#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/heifinfo.h"

static heifinfo_t info;


START_TEST(each_image_is_a_picture)
{
    ck_assert_int_eq(heifinfo_parse("MIME type: image/heic\n"
                                    "main brand: heic\n\n"
                                    "image: 3024x4032 (id=49), primary\n"
                                    "  tiles: 6x8, tile size: 512x512\n"
                                    "  thumbnail: 240x320\n"
                                    "image: 9000x5000 (id=50)\n",
                                    &info),
                     0);
    ck_assert_int_eq(info.pictures, 2);
    ck_assert_uint_eq(info.width, 3024);
    ck_assert_uint_eq(info.height, 4032);
    ck_assert_uint_eq(info.wide, 9000);
    ck_assert_uint_eq(info.high, 5000);
}
END_TEST


START_TEST(a_file_without_picture_is_refused)
{
    ck_assert_int_eq(heifinfo_parse("", &info), -1);
    ck_assert_int_eq(heifinfo_parse("image: 0x10 (id=1)\n", &info), -1);
    ck_assert_int_eq(heifinfo_parse("image: 10 (id=1)\n", &info), -1);
    ck_assert_int_eq(heifinfo_parse("a image: 10x10 (id=1)\n", &info), -1);
}
END_TEST


START_TEST(more_than_100_pictures_are_refused)
{
    char text[4096] = "";
    int i;

    for (i = 0; i < HEIFINFO_PICTURES_MAX + 1; i++) {
        strcat(text, "image: 1x1 (id=1)\n");
    }
    ck_assert_int_eq(heifinfo_parse(text, &info), -1);
}
END_TEST


RUN("worker/heifinfo", each_image_is_a_picture,
    a_file_without_picture_is_refused, more_than_100_pictures_are_refused)
