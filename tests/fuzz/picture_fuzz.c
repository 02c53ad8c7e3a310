/* Any bytes as TIFF, PNG and JPEG, and as what heif-info says: no read past
   their end, and no picture without pixels. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "worker/media/heifinfo.h"
#include "worker/media/picture.h"
#include "worker/media/tiff.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_heif(const uint8_t *data, size_t size)
{
    heifinfo_t info;
    char *text = strndup((const char *) data, size);

    if (heifinfo_parse(text, &info) == 0
        && (info.pictures < 1 || info.pictures > HEIFINFO_PICTURES_MAX
            || info.wide == 0 || info.high == 0)) {
        abort();
    }
    free(text);
}


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

    check_heif(data, size);
    return 0;
}
