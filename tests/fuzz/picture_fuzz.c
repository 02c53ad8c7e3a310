/* Any bytes as TIFF, PNG and JPEG: no read past their end, and no picture
   without pixels. */

#include <stdint.h>
#include <stdlib.h>
#include "picture.h"
#include "tiff.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tiff_t tiff;
    picture_t picture;

    if (tiff_parse(data, size, &tiff) == 0
        && (tiff.pages < 0 || tiff.pages > TIFF_PAGES_MAX
            || tiff.orientation < 1 || tiff.orientation > 8)) {
        abort();
    }

    if (picture_png(data, size, &picture) == 0
        && (picture.width == 0 || picture.height == 0)) {
        abort();
    }
    if (picture_jpeg(data, size, &picture) == 0
        && (picture.width == 0 || picture.height == 0)) {
        abort();
    }

    return 0;
}
