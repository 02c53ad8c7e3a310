#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "worker/media/picture.h"
#include "picture_page.h"


/* What a loader is told besides: any doubt about the bytes is an error. */
#define PICTURE_LOAD \
    "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED, NULL


static int
picture_page_load(const picture_file_t *file, int index, VipsImage **out)
{
    if (strcmp(file->format, "tif") == 0) {
        return vips_tiffload(file->path, out, "page", index, PICTURE_LOAD);
    }
    if (strcmp(file->format, "heic") == 0) {
        return vips_heifload(file->path, out, "page", index, PICTURE_LOAD);
    }
    if (strcmp(file->format, "png") == 0) {
        return vips_pngload(file->path, out, PICTURE_LOAD);
    }

    return vips_jpegload(file->path, out, PICTURE_LOAD);
}


int
picture_page_open(const picture_file_t *file, const picture_page_t *page,
                  VipsImage **out)
{
    int bands;
    VipsImage *loaded;

    if (picture_page_load(file, page->index, &loaded) != 0) {
        return -1;
    }

    bands = page->colours + (page->alpha);
    if (page->colours == 0 || loaded->Bands <= bands) {
        *out = loaded;
        return 0;
    }

    if (vips_extract_band(loaded, out, 0, "n", bands, NULL) != 0) {
        g_object_unref(loaded);
        return -1;
    }
    g_object_unref(loaded);
    return 0;
}


/* What libheif has turned already says so no more. */
static void
picture_page_take(picture_file_t *file, const VipsImage *image, int index)
{
    picture_page_t *page = &file->page[file->count++];

    page->index = index;
    page->orientation = vips_image_get_orientation((VipsImage *) image);
    page->width = image->Xsize;
    page->height = image->Ysize;
    page->wide = page->high = 1;
    if (vips_image_get_orientation_swap((VipsImage *) image)) {
        page->width = image->Ysize;
        page->height = image->Xsize;
    }
    page->alpha = vips_image_hasalpha((VipsImage *) image);
}


/* Each picture of a HEIC file is a page; of other files there is one. */
static int
picture_page_list(picture_file_t *file)
{
    int i, pages = 1;
    VipsImage *image;

    for (i = 0; i < pages; i++) {
        if (picture_page_load(file, i, &image) != 0) {
            return -1;
        }
        if (i == 0 && strcmp(file->format, "heic") == 0) {
            pages = vips_image_get_n_pages(image);
        }
        if (pages > PICTURE_PAGES_MAX) {
            snprintf(file->refused, sizeof(file->refused),
                     "The file has %d pictures; at most %d are taken.", pages,
                     PICTURE_PAGES_MAX);
            g_object_unref(image);
            return -1;
        }
        picture_page_take(file, image, i);
        g_object_unref(image);
    }

    return 0;
}


int
picture_file_look(picture_file_t *file)
{
    int i, rc;
    const int64_t most = PICTURE_PIXELS_MAX;
    picture_page_t *page;

    rc = strcmp(file->format, "tif") == 0 ? picture_tiff_look(file)
                                          : picture_page_list(file);

    for (i = 0; i < file->count; i++) {
        page = &file->page[i];
        if (page->width > most || page->height > most
            || page->width * page->height > most) {
            snprintf(page->refused, sizeof(page->refused),
                     "The picture claims %" PRId64 " × %" PRId64
                     " pixels; at most %d million are allowed.",
                     page->width, page->height, (int) (most / 1000000));
        }
    }

    return rc;
}
