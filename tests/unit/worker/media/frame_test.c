#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/frame.h"

static unsigned char pixels[FRAME_SIZE];


/* Something to see: many tones, and edges. */
static void
scene(void)
{
    size_t x, y;

    for (y = 0; y < FRAME_HEIGHT; y++) {
        for (x = 0; x < FRAME_WIDTH; x++) {
            pixels[y * FRAME_WIDTH + x] =
                (unsigned char) (40 + (x * 7 / 10 + y) % 160
                                 + (x / 8 + y / 8) % 2 * 40);
        }
    }
}


static double
score(void)
{
    return frame_score(pixels);
}


START_TEST(one_colour_is_nothing)
{
    memset(pixels, 0, FRAME_SIZE);
    ck_assert_double_eq(score(), 0);
    memset(pixels, 255, FRAME_SIZE);
    ck_assert_double_eq(score(), 0);
    memset(pixels, 128, FRAME_SIZE);
    ck_assert_double_lt(score(), FRAME_POOR);
}
END_TEST


START_TEST(a_scene_is_better_than_a_title_on_black)
{
    double title;
    size_t i;

    memset(pixels, 0, FRAME_SIZE);
    for (i = 0; i < 20; i++) {
        memset(pixels + (80 + i) * FRAME_WIDTH + 100, i % 3 ? 250 : 90, 120);
    }
    title = score();
    scene();
    ck_assert_double_gt(score(), title + 2);
    ck_assert_double_lt(title, FRAME_POOR);
}
END_TEST


START_TEST(faded_and_blurred_are_worse)
{
    double sharp, faded;
    size_t i;

    scene();
    sharp = score();
    for (i = 0; i < FRAME_SIZE; i++) {
        pixels[i] = pixels[i] / 8;
    }
    faded = score();
    ck_assert_double_lt(faded, sharp - 2);

    scene();
    for (i = 8; i < FRAME_SIZE; i++) {
        pixels[i] = (unsigned char) ((7 * pixels[i - 1] + pixels[i]) / 8);
    }
    ck_assert_double_lt(score(), sharp);
}
END_TEST


RUN("worker/frame", one_colour_is_nothing,
    a_scene_is_better_than_a_title_on_black, faded_and_blurred_are_worse)
