/* What was drawn, looked at as it lies there: pages/0001.png. A second program
   drew the same small, check/0001.png or .ppm, whose name is the page's number
   within its file. */

#ifndef SLUICE_PICTURE_CHECK_H
#define SLUICE_PICTURE_CHECK_H

#include <vips/vips.h>
#include "worker/media/likeness.h"

#define PICTURE_NAME_SIZE 64

typedef struct {
    likeness_kind_t kind;
    int thumb; /* pixels of a thumbnail's longer side */
} picture_check_t;

typedef enum {
    PICTURE_SAME,
    PICTURE_DIFFERS,
    PICTURE_ALONE, /* no second drawing */
    PICTURE_BROKEN /* no first one */
} picture_verdict_t;

/* Draws the thumbnail of page `number`, and compares the page with what
   `index` was drawn as. Puts the page's size into `width` and `height`. */
picture_verdict_t picture_check(const picture_check_t *check, int index,
                                int number, int *width, int *height);

/* A page that stands for one that is not there: grey, and crossed out. 0, or -1
   with vips_error(). */
int picture_mark(int number, int width, int height, int thumb);

/* Writes pages/0001.png or, for a thumbnail, pages/0001.thumb.png. 0, or -1
   with vips_error(). */
int picture_save(VipsImage *image, int number, int is_thumb);

#endif
