/* A page of a picture file, as its header tells of it. */

#ifndef SLUICE_PICTURE_PAGE_H
#define SLUICE_PICTURE_PAGE_H

#include <vips/vips.h>

#define PICTURE_PAGES_MAX 2000
#define PICTURE_SENTENCE_SIZE 192

typedef struct {
    int index; /* within the file, where smaller copies are counted, too */
    int64_t width, height; /* as it is to be shown */
    int orientation;       /* 1 to 8, as Exif has it */
    int colours; /* samples of a pixel that are colours; 0: all but alpha */
    int alpha;   /* the sample behind them is; else it is no alpha */
    double wide, high; /* how much longer a pixel's sides are shown: 1, 1 but
                          of a fax */
    int odd;           /* of a kind that libtiff reads, and libvips does not */
    char refused[PICTURE_SENTENCE_SIZE]; /* why it cannot be drawn, or empty */
} picture_page_t;

typedef struct {
    const char *format; /* "png", "jpg", "tif", "heic" */
    const char *path;
    int count;
    int cut; /* what follows the last page cannot be read */
    picture_page_t page[PICTURE_PAGES_MAX];
    char refused[PICTURE_SENTENCE_SIZE];
} picture_file_t;

/* Reads the headers, and judges each page by them. 0, or -1 with `refused`. */
int picture_file_look(picture_file_t *file);

/* The part of that for TIFF, where thumbnails and smaller copies are no pages.
 */
int picture_tiff_look(picture_file_t *file);

/* Opens a page, to be read from top to bottom. 0, or -1 with vips_error(). */
int picture_page_open(const picture_file_t *file, const picture_page_t *page,
                      VipsImage **out);

#endif
