#include <math.h>
#include "picture.h"

#define PICTURE_TOLERANCE 0.01

/* JPEG markers: ITU-T T.81, table B.1. */
#define JPEG_SOF0 0xc0
#define JPEG_DHT 0xc4
#define JPEG_JPG 0xc8
#define JPEG_DAC 0xcc
#define JPEG_SOFF 0xcf
#define JPEG_EOI 0xd9
#define JPEG_SOS 0xda


/* Segments: 0xff, marker, length (2, itself included), data. A start of frame
   has precision (1), height (2), width (2): ITU-T T.81, B.1 and B.2.2. */
int
picture_jpeg(const void *bytes, size_t len, picture_t *picture)
{
    size_t at = 2, size;
    unsigned char marker;
    const unsigned char *p = bytes;

    if (len < 4 || p[0] != 0xff || p[1] != 0xd8) {
        return -1;
    }

    /* some writers leave zeroes behind the end */
    while (len > 4 && p[len - 1] == 0) {
        len--;
    }
    picture->complete = p[len - 2] == 0xff && p[len - 1] == JPEG_EOI;

    while (at + 9 < len && p[at] == 0xff) {
        marker = p[at + 1];

        if (marker == 0xff) { /* fill byte */
            at++;
            continue;
        }
        if (marker == JPEG_SOS || marker == JPEG_EOI) {
            return -1;
        }

        if (marker >= JPEG_SOF0 && marker <= JPEG_SOFF && marker != JPEG_DHT
            && marker != JPEG_JPG && marker != JPEG_DAC) {
            picture->height = (uint32_t) p[at + 5] << 8 | p[at + 6];
            picture->width = (uint32_t) p[at + 7] << 8 | p[at + 8];
            return picture->width > 0 && picture->height > 0 ? 0 : -1;
        }

        size = (size_t) p[at + 2] << 8 | p[at + 3];
        at += 2 + size;
    }

    return -1;
}


int
picture_fits(const picture_t *picture, double width, double height)
{
    double expected;

    if (!(width > 0) || !(height > 0)) {
        return 0;
    }

    expected = picture->height * width / height;
    if (fabs(picture->width - expected) <= expected * PICTURE_TOLERANCE + 1) {
        return 1;
    }

    expected = picture->width * height / width;
    return fabs(picture->height - expected) <= expected * PICTURE_TOLERANCE + 1;
}
