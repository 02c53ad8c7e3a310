/* TIFF, read by libtiff's own way to pixels: to check what libvips made of the
   same samples, and for what libvips does not read. */

#ifndef SLUICE_PICTURE_SECOND_H
#define SLUICE_PICTURE_SECOND_H

#include "picture_page.h"

/* Reads a page whole: 8 bits, four bands, colours multiplied by alpha, as it
   lies in the file. 0, or -1 with words on stderr. */
int picture_second(const picture_file_t *file, const picture_page_t *page,
                   VipsImage **out);

/* Shrunk to `side` pixels, turned as it is to be shown. 0, or -1 with
   vips_error() and NULL. */
int picture_second_small(VipsImage *image, int side, VipsImage **out);

#endif
