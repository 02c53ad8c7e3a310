/* PNG and JPEG files, as far as their bytes tell without decoding. Pure. */

#ifndef SLUICE_PICTURE_H
#define SLUICE_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#define PICTURE_PIXELS_MAX 50000000ULL

typedef struct {
    uint32_t width, height;
    int complete; /* the end mark stands where the file ends */
} picture_t;

/* Reads the size from a PNG's IHDR, and looks for IEND as the last chunk of the
   whole file's bytes. 0, or -1 when it is no PNG or claims no pixels. */
int picture_png(const void *bytes, size_t len, picture_t *picture);

/* The same for JPEG: the start of frame, and the end of image. The size is that
   of the picture as it is to be shown, turned as Exif says. */
int picture_jpeg(const void *bytes, size_t len, picture_t *picture);

/* The size at which the longer side has at most `side` pixels, and the shorter
   at least one; never larger than the picture. */
void picture_bound(const picture_t *picture, int side, int *width, int *height);

/* 1 when the proportions are those of width : height, within 1 % or a pixel. */
int picture_fits(const picture_t *picture, double width, double height);

#endif
