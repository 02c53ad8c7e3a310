/* The directories of a TIFF (6.0, and BigTIFF). */

#include <stdio.h>
#include <string.h>
#include <tiffio.h>
#include "picture_page.h"
#include "picture_tiff.h"

#define PICTURE_BITS_MAX 16

/* Smaller copies have directories, too. */
#define PICTURE_DIRECTORIES_MAX (4 * PICTURE_PAGES_MAX)

/* Pixels are not square in a fax; what says more than that is mistaken. */
#define PICTURE_STRETCH_MAX 4.0
#define PICTURE_STRETCH_MIN 1.02


/* Not mapped: it may be larger than the memory there is. */
TIFF *
picture_tiff_open(const char *path)
{
    return TIFFOpen(path, "rm");
}


static void
picture_tiff_alpha(TIFF *tiff, picture_page_t *page)
{
    uint16_t samples, photometric, extra = 0, *kinds = NULL;

    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra, &kinds);
    if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric)) {
        photometric = samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
    }

    switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_PALETTE:
    case PHOTOMETRIC_LOGL:
        page->colours = 1;
        break;
    case PHOTOMETRIC_SEPARATED:
        page->colours = 4;
        break;
    default:
        page->colours = 3;
        break;
    }

    /* An extra sample that does not say what it is may be anything, a mask
       that is zero all over, for one. */
    if (extra > 0 && kinds != NULL && photometric != PHOTOMETRIC_PALETTE) {
        page->alpha = kinds[0] == EXTRASAMPLE_ASSOCALPHA
                      || kinds[0] == EXTRASAMPLE_UNASSALPHA;
    }
}


static void
picture_tiff_shape(TIFF *tiff, picture_page_t *page)
{
    float x = 0, y = 0;
    uint16_t orientation;
    uint32_t width = 0, height = 0;
    double stretch;

    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
    TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &x);
    TIFFGetField(tiff, TIFFTAG_YRESOLUTION, &y);

    page->wide = page->high = 1;
    if (x > 0 && y > 0 && x / y < PICTURE_STRETCH_MAX
        && y / x < PICTURE_STRETCH_MAX) {
        stretch = x / y;
        if (stretch > PICTURE_STRETCH_MIN) {
            page->high = stretch;
        } else if (1 / stretch > PICTURE_STRETCH_MIN) {
            page->wide = 1 / stretch;
        }
    }

    page->orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
    page->width = (int64_t) (width * page->wide + 0.5);
    page->height = (int64_t) (height * page->high + 0.5);
}


/* Why this page cannot be drawn, if so. */
static void
picture_tiff_judge(TIFF *tiff, picture_page_t *page)
{
    uint16_t bits, kind, compression;

    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &kind);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);

    if (!TIFFIsCODECConfigured(compression)) {
        snprintf(page->refused, sizeof(page->refused),
                 "The picture is compressed in a way that is not read "
                 "(TIFF's number %u).",
                 compression);

    } else if (kind == SAMPLEFORMAT_IEEEFP || kind == SAMPLEFORMAT_COMPLEXIEEEFP
               || kind == SAMPLEFORMAT_COMPLEXINT) {
        snprintf(page->refused, sizeof(page->refused),
                 "The picture's samples are floating-point numbers: whole ones "
                 "of at most %d bits are read.",
                 PICTURE_BITS_MAX);

    } else if (kind == SAMPLEFORMAT_INT) {
        snprintf(page->refused, sizeof(page->refused),
                 "The picture's samples may be negative: that is not read.");

    } else if (bits > PICTURE_BITS_MAX
               || (bits != 1 && bits != 2 && bits != 4 && bits != 8
                   && bits != PICTURE_BITS_MAX)) {
        snprintf(page->refused, sizeof(page->refused),
                 "The picture has %u bits a sample: 1, 2, 4, 8 and 16 are "
                 "read.",
                 bits);
    }
}


/* Tiles of separate planes; JPEG as it was before TIFF's second technical note;
   chroma that is sampled coarsely without JPEG; two colours of a map. */
static int
picture_tiff_is_odd(TIFF *tiff)
{
    uint16_t bits, photometric = 0, compression, planes;

    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planes);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);

    return (TIFFIsTiled(tiff) && planes == PLANARCONFIG_SEPARATE)
           || compression == COMPRESSION_OJPEG
           || (photometric == PHOTOMETRIC_YCBCR
               && compression != COMPRESSION_JPEG)
           || (photometric == PHOTOMETRIC_PALETTE && bits == 1);
}


static int
picture_tiff_is_page(TIFF *tiff)
{
    uint32_t subfile = 0;
    uint16_t old = 0;

    if (TIFFGetField(tiff, TIFFTAG_SUBFILETYPE, &subfile)) {
        return (subfile & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0;
    }

    return !TIFFGetField(tiff, TIFFTAG_OSUBFILETYPE, &old)
           || old != OFILETYPE_REDUCEDIMAGE;
}


static void
picture_tiff_take(picture_file_t *file, TIFF *tiff, int index)
{
    int64_t turn;
    picture_page_t *page;

    page = &file->page[file->count++];
    page->index = index;
    picture_tiff_shape(tiff, page);
    picture_tiff_alpha(tiff, page);
    picture_tiff_judge(tiff, page);
    page->odd = picture_tiff_is_odd(tiff);

    if (page->orientation >= 5) {
        turn = page->width;
        page->width = page->height;
        page->height = turn;
    }
}


int
picture_tiff_look(picture_file_t *file)
{
    int i;
    TIFF *tiff;

    tiff = picture_tiff_open(file->path);
    if (tiff == NULL) {
        return -1;
    }

    for (i = 0;; i++) {
        if (picture_tiff_is_page(tiff)) {
            if (file->count == PICTURE_PAGES_MAX) {
                snprintf(file->refused, sizeof(file->refused),
                         "The TIFF has more than %d pages; that many are "
                         "taken at most.",
                         PICTURE_PAGES_MAX);
                break;
            }
            picture_tiff_take(file, tiff, i);
        }
        if (TIFFLastDirectory(tiff)) {
            break;
        }
        if (i == PICTURE_DIRECTORIES_MAX || !TIFFReadDirectory(tiff)) {
            file->cut = 1;
            break;
        }
    }

    TIFFClose(tiff);
    return file->refused[0] == '\0' && file->count > 0 ? 0 : -1;
}
