/* JPEG files that our own tools wrote, as far as their bytes tell without
   decoding; and the shape of pictures. Pure. */

#ifndef SLUICE_PICTURE_H
#define SLUICE_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#define PICTURE_PIXELS_MAX 50000000ULL /* of a page or a frame */

typedef struct {
    uint32_t width, height;
    int complete; /* the end mark stands where the file ends */
} picture_t;

/* Reads the size from a JPEG's start of frame, and looks for the end of image
   at the end of the file's bytes. 0, or -1 when it is no JPEG or claims no
   pixels. */
int picture_jpeg(const void *bytes, size_t len, picture_t *picture);

/* 1 when the proportions are those of width : height, within 1 % or a pixel. */
int picture_fits(const picture_t *picture, double width, double height);

#endif
