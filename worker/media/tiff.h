/* The pages of a TIFF (6.0), as far as their directories tell without decoding;
   also what a JPEG's Exif part holds. Pure. */

#ifndef SLUICE_TIFF_H
#define SLUICE_TIFF_H

#include <stddef.h>
#include <stdint.h>

#define TIFF_PAGES_MAX 500

typedef struct {
    int pages;              /* thumbnails are none */
    uint32_t width, height; /* of the first */
    uint64_t pixels;        /* of the largest, thumbnails included */
    uint32_t wide, high;    /* that one's sides */
    int orientation;        /* of the first: 1 to 8, as it has to be turned */
} tiff_t;

/* Reads the directories in the whole file's bytes. 0, or -1 when they are no
   TIFF, cut off, without end, or more than TIFF_PAGES_MAX. */
int tiff_parse(const void *bytes, size_t len, tiff_t *tiff);

/* 1 when this orientation exchanges width and height. */
int tiff_turned(int orientation);

#endif
