#include <math.h>
#include <string.h>
#include "picture.h"
#include "tiff.h"

#define PICTURE_TOLERANCE 0.01

/* JPEG markers: ITU-T T.81, table B.1. */
#define JPEG_SOF0 0xc0
#define JPEG_DHT 0xc4
#define JPEG_JPG 0xc8
#define JPEG_DAC 0xcc
#define JPEG_SOFF 0xcf
#define JPEG_EOI 0xd9
#define JPEG_SOS 0xda
#define JPEG_APP1 0xe1


static void picture_exif(const unsigned char *segment, size_t len,
                         int *orientation);
static uint32_t picture_be32(const unsigned char *p);


/* Signature (8), then chunks: length (4), type (4), data, CRC (4). IHDR starts
   with width (4) and height (4): ISO/IEC 15948, 5 and 11.2.2. */
int
picture_png(const void *bytes, size_t len, picture_t *picture)
{
    const unsigned char *p = bytes;
    static const unsigned char iend[] = { 0,   0,   0,    0,    'I',  'E',
                                          'N', 'D', 0xae, 0x42, 0x60, 0x82 };

    if (len < 33 || memcmp(p, "\x89PNG\r\n\x1a\n", 8) != 0
        || memcmp(p + 12, "IHDR", 4) != 0) {
        return -1;
    }

    picture->width = picture_be32(p + 16);
    picture->height = picture_be32(p + 20);
    picture->complete = memcmp(p + len - sizeof(iend), iend, sizeof(iend)) == 0;

    return picture->width > 0 && picture->height > 0 ? 0 : -1;
}


/* Segments: 0xff, marker, length (2, itself included), data. A start of frame
   has precision (1), height (2), width (2): ITU-T T.81, B.1 and B.2.2. */
int
picture_jpeg(const void *bytes, size_t len, picture_t *picture)
{
    int orientation = 1;
    size_t at = 2, size;
    uint32_t width;
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
            if (tiff_turned(orientation)) {
                width = picture->height;
                picture->height = picture->width;
                picture->width = width;
            }
            return picture->width > 0 && picture->height > 0 ? 0 : -1;
        }

        size = (size_t) p[at + 2] << 8 | p[at + 3];
        if (marker == JPEG_APP1 && size >= 2 && size <= len - at - 2) {
            picture_exif(p + at + 4, size - 2, &orientation);
        }
        at += 2 + size;
    }

    return -1;
}


/* "Exif", two zeroes, a TIFF without its picture: JEITA CP-3451, 4.5.4. The
   first directory has the orientation, whatever may follow it. */
static void
picture_exif(const unsigned char *segment, size_t len, int *orientation)
{
    tiff_t tiff;

    if (len < 6 || memcmp(segment, "Exif\0\0", 6) != 0) {
        return;
    }

    (void) tiff_parse(segment + 6, len - 6, &tiff);
    *orientation = tiff.orientation;
}


void
picture_bound(const picture_t *picture, int side, int *width, int *height)
{
    double scale, longer;

    longer = picture->width > picture->height ? picture->width
                                              : picture->height;
    scale = longer > side ? side / longer : 1;

    *width = (int) (picture->width * scale + 0.5);
    *height = (int) (picture->height * scale + 0.5);
    *width = *width < 1 ? 1 : *width;
    *height = *height < 1 ? 1 : *height;
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


static uint32_t
picture_be32(const unsigned char *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8
           | p[3];
}
