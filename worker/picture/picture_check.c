#include <stdio.h>
#include <unistd.h>
#include "picture_check.h"
#include "picture_draw.h"

#define PICTURE_COMPRESSION 6

/* Of a page that stands for another. */
#define PICTURE_MARK_GROUND 210.0
#define PICTURE_MARK_INK 120.0


static void
picture_name(char *name, const char *format, int number)
{
    snprintf(name, PICTURE_NAME_SIZE, format, number);
}


int
picture_save(VipsImage *image, int number, int is_thumb)
{
    char name[PICTURE_NAME_SIZE];

    picture_name(name, is_thumb ? "pages/%04d.thumb.png" : "pages/%04d.png",
                 number);
    return vips_pngsave(image, name, "compression", PICTURE_COMPRESSION,
                        "strip", TRUE, NULL);
}


/* Three bands of 8 bits, in this size; NULL: cannot be. */
static VipsImage *
picture_small(VipsObject *context, VipsImage *in, int width, int height)
{
    VipsImage **t = (VipsImage **) vips_object_local_array(context, 4);
    VipsImage *at = in;

    if (at->Bands == 2 || at->Bands == 4) {
        if (picture_ground(at, &t[0]) != 0) {
            return NULL;
        }
        at = t[0];
    }

    if (vips_thumbnail_image(at, &t[1], width, "height", height, "size",
                             VIPS_SIZE_FORCE, "no_rotate", TRUE, NULL)
            != 0
        || vips_colourspace(t[1], &t[2], VIPS_INTERPRETATION_sRGB, NULL) != 0
        || vips_cast(t[2], &t[3], VIPS_FORMAT_UCHAR, NULL) != 0
        || t[3]->Bands != 3) {
        return NULL;
    }

    return t[3];
}


static VipsImage *
picture_other(int index)
{
    char name[PICTURE_NAME_SIZE];
    VipsImage *image = NULL;

    picture_name(name, "check/%04d.ppm", index);
    if (access(name, R_OK) == 0) {
        return vips_ppmload(name, &image, NULL) == 0 ? image : NULL;
    }

    picture_name(name, "check/%04d.png", index);
    return access(name, R_OK) == 0 && vips_pngload(name, &image, NULL) == 0
               ? image
               : NULL;
}


static picture_verdict_t
picture_compare(VipsObject *context, const picture_check_t *check,
                VipsImage *page, VipsImage *other, int number)
{
    size_t size;
    VipsImage *small[2];
    likeness_t found = { .same = 0, .empty = 0 };
    likeness_pair_t pair = { .width = page->Xsize, .height = page->Ysize };
    double longer = VIPS_MAX(pair.width, pair.height);

    if (longer > LIKENESS_SIDE_MAX) {
        pair.width = (int) VIPS_MAX(1, pair.width * LIKENESS_SIDE_MAX / longer);
        pair.height = (int) VIPS_MAX(1,
                                     pair.height * LIKENESS_SIDE_MAX / longer);
    }

    small[0] = picture_small(context, page, pair.width, pair.height);
    small[1] = picture_small(context, other, pair.width, pair.height);
    if (small[0] == NULL || small[1] == NULL) {
        return PICTURE_ALONE;
    }

    pair.a = vips_image_write_to_memory(small[0], &size);
    pair.b = vips_image_write_to_memory(small[1], &size);
    if (pair.a != NULL && pair.b != NULL) {
        likeness(&pair, check->kind, &found);
    }
    g_free((void *) pair.a);
    g_free((void *) pair.b);

    if (!found.same) {
        fprintf(stderr,
                "page %d: missing %.3f, apart %.3f, strange %.3f: differs\n",
                number, found.missing, found.apart, found.strange);
    }
    return found.same    ? PICTURE_SAME
           : found.empty ? PICTURE_ALONE
                         : PICTURE_DIFFERS;
}


static VipsImage *
picture_thumb(VipsObject *context, VipsImage *page, int thumb)
{
    VipsImage **t = (VipsImage **) vips_object_local_array(context, 2);

    if (vips_thumbnail_image(page, &t[0], thumb, "height", thumb, "size",
                             VIPS_SIZE_DOWN, NULL)
        != 0) {
        return NULL;
    }

    t[1] = vips_image_copy_memory(t[0]);
    return t[1];
}


picture_verdict_t
picture_check(const picture_check_t *check, int index, int number, int *width,
              int *height)
{
    char name[PICTURE_NAME_SIZE];
    VipsObject *context = (VipsObject *) vips_image_new();
    VipsImage **t = (VipsImage **) vips_object_local_array(context, 2);
    VipsImage *thumb = NULL;
    picture_verdict_t verdict = PICTURE_BROKEN;

    picture_name(name, "pages/%04d.png", number);
    if (vips_pngload(name, &t[0], "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                     VIPS_FAIL_ON_TRUNCATED, NULL)
        == 0) {
        *width = t[0]->Xsize;
        *height = t[0]->Ysize;
        thumb = picture_thumb(context, t[0], check->thumb);
    }

    if (thumb != NULL && picture_save(thumb, number, 1) == 0) {
        t[1] = picture_other(index);
        verdict = t[1] ? picture_compare(context, check, thumb, t[1], number)
                       : PICTURE_ALONE;
    } else {
        fprintf(stderr, "page %d: %s", number, vips_error_buffer());
    }

    vips_error_clear();
    g_object_unref(context);
    return verdict;
}


static int
picture_mark_one(int number, int width, int height, int is_thumb)
{
    int rc;
    const double ink = PICTURE_MARK_INK;
    VipsObject *context = (VipsObject *) vips_image_new();
    VipsImage **t = (VipsImage **) vips_object_local_array(context, 4);

    rc = vips_black(&t[0], width, height, NULL);
    rc = rc || vips_linear1(t[0], &t[1], 1, PICTURE_MARK_GROUND, NULL);
    rc = rc || vips_cast(t[1], &t[2], VIPS_FORMAT_UCHAR, NULL);

    if (rc == 0) {
        t[3] = vips_image_copy_memory(t[2]);
        rc = t[3] == NULL
             || vips_draw_line1(t[3], ink, 0, 0, width - 1, height - 1, NULL)
             || vips_draw_line1(t[3], ink, width - 1, 0, 0, height - 1, NULL)
             || picture_save(t[3], number, is_thumb);
    }

    g_object_unref(context);
    return rc == 0 ? 0 : -1;
}


int
picture_mark(int number, int width, int height, int thumb)
{
    double scale = (double) thumb / VIPS_MAX(width, height);

    if (scale > 1) {
        scale = 1;
    }

    return picture_mark_one(number, width, height, 0) == 0
               ? picture_mark_one(number,
                                  (int) VIPS_MAX(1, width * scale + 0.5),
                                  (int) VIPS_MAX(1, height * scale + 0.5), 1)
               : -1;
}
