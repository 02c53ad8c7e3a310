#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "picture_second.h"
#include "picture_tiff.h"

#define PICTURE_BANDS 4


/* Rows as they lie there: nothing is turned. */
static uint32_t *
picture_second_pixels(TIFF *tiff, int width, int height)
{
    char why[1024] = "";
    uint32_t *pixels;
    TIFFRGBAImage image;

    pixels = calloc((size_t) width * (size_t) height, sizeof(*pixels));
    if (pixels == NULL) {
        return NULL;
    }

    if (!TIFFRGBAImageOK(tiff, why)
        || !TIFFRGBAImageBegin(&image, tiff, 1, why)) {
        fprintf(stderr, "%s\n", why);
        free(pixels);
        return NULL;
    }

    image.req_orientation = image.orientation;
    if (!TIFFRGBAImageGet(&image, pixels, (uint32_t) width,
                          (uint32_t) height)) {
        free(pixels);
        pixels = NULL;
    }

    TIFFRGBAImageEnd(&image);
    return pixels;
}


/* A pixel is a number: red in its lowest byte, alpha in its highest. */
static void
picture_second_bytes(uint32_t *pixels, size_t count, int opaque)
{
    size_t i;
    unsigned char bytes[PICTURE_BANDS];

    for (i = 0; i < count; i++) {
        bytes[0] = (unsigned char) TIFFGetR(pixels[i]);
        bytes[1] = (unsigned char) TIFFGetG(pixels[i]);
        bytes[2] = (unsigned char) TIFFGetB(pixels[i]);
        bytes[3] = opaque ? 255 : (unsigned char) TIFFGetA(pixels[i]);
        memcpy(&pixels[i], bytes, sizeof(bytes));
    }
}


static VipsImage *
picture_second_image(const picture_page_t *page, uint32_t *pixels, int width,
                     int height)
{
    VipsImage *image;
    const size_t count = (size_t) width * (size_t) height;

    picture_second_bytes(pixels, count, !page->alpha);
    image = vips_image_new_from_memory_copy(pixels, count * sizeof(*pixels),
                                            width, height, PICTURE_BANDS,
                                            VIPS_FORMAT_UCHAR);
    if (image != NULL) {
        image->Type = VIPS_INTERPRETATION_sRGB;
        vips_image_set_int(image, VIPS_META_ORIENTATION, page->orientation);
    }

    return image;
}


int
picture_second(const picture_file_t *file, const picture_page_t *page,
               VipsImage **out)
{
    TIFF *tiff;
    uint32_t width = 0, height = 0, *pixels = NULL;

    *out = NULL;
    tiff = picture_tiff_open(file->path);
    if (tiff == NULL) {
        return -1;
    }

    if (TIFFSetDirectory(tiff, (tdir_t) page->index)
        && TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width)
        && TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height)) {
        pixels = picture_second_pixels(tiff, (int) width, (int) height);
    }
    if (pixels != NULL) {
        *out = picture_second_image(page, pixels, (int) width, (int) height);
    }

    free(pixels);
    TIFFClose(tiff);
    return *out != NULL ? 0 : -1;
}


int
picture_second_small(VipsImage *image, int side, VipsImage **out)
{
    const double longer = VIPS_MAX(image->Xsize, image->Ysize);
    VipsImage *small, *kept = NULL;

    *out = NULL;
    if (vips_resize(image, &small, longer > side ? side / longer : 1, NULL)
        != 0) {
        return -1;
    }

    kept = vips_image_copy_memory(small);
    g_object_unref(small);
    if (kept != NULL) {
        (void) vips_autorot(kept, out, NULL);
        g_object_unref(kept);
    }

    return *out != NULL ? 0 : -1;
}
