#include <string.h>
#include "tiff.h"

/* Thumbnails have directories, too. */
#define TIFF_DIRECTORIES_MAX (2 * TIFF_PAGES_MAX)
#define TIFF_ENTRY 12

/* Tags and types: TIFF 6.0, sections 2 and 8. */
#define TIFF_NEW_SUBFILE_TYPE 254
#define TIFF_IMAGE_WIDTH 256
#define TIFF_IMAGE_LENGTH 257
#define TIFF_ORIENTATION 274
#define TIFF_SHORT 3
#define TIFF_LONG 4
#define TIFF_REDUCED 1 /* the subfile is a smaller picture of another */

typedef struct {
    const unsigned char *bytes;
    size_t len;
    int little; /* byte order */
} tiff_file_t;

typedef struct {
    uint32_t width, height, subfile, orientation;
} tiff_directory_t;


static int tiff_directory(const tiff_file_t *file, size_t *at,
                          tiff_directory_t *directory);
static void tiff_entry(const tiff_file_t *file, const unsigned char *p,
                       tiff_directory_t *directory);
static void tiff_take(tiff_t *tiff, const tiff_directory_t *directory);
static uint32_t tiff_16(const tiff_file_t *file, const unsigned char *p);
static uint32_t tiff_32(const tiff_file_t *file, const unsigned char *p);


/* "II" or "MM", 42 (2), offset of the first directory (4) */
int
tiff_parse(const void *bytes, size_t len, tiff_t *tiff)
{
    int i;
    size_t at;
    tiff_file_t file = { bytes, len, 0 };
    tiff_directory_t directory;

    memset(tiff, 0, sizeof(*tiff));
    tiff->orientation = 1;

    if (len < 8
        || (memcmp(bytes, "II*\0", 4) != 0 && memcmp(bytes, "MM\0*", 4) != 0)) {
        return -1;
    }

    file.little = file.bytes[0] == 'I';
    at = tiff_32(&file, file.bytes + 4);

    for (i = 0; at != 0 && i < TIFF_DIRECTORIES_MAX; i++) {
        if (tiff_directory(&file, &at, &directory) != 0) {
            return -1;
        }
        tiff_take(tiff, &directory);
    }

    return at == 0 && i > 0 && tiff->pages <= TIFF_PAGES_MAX ? 0 : -1;
}


int
tiff_turned(int orientation)
{
    return orientation >= 5 && orientation <= 8;
}


/* entries (2), those (12 each), offset of the next directory (4) or 0 */
static int
tiff_directory(const tiff_file_t *file, size_t *at, tiff_directory_t *directory)
{
    size_t i, count;
    const unsigned char *p;

    *directory = (tiff_directory_t){ .orientation = 1 };

    if (*at < 8 || *at > file->len || file->len - *at < 2) {
        return -1;
    }

    p = file->bytes + *at;
    count = tiff_16(file, p);
    if ((file->len - *at - 2) / TIFF_ENTRY < count
        || file->len - *at - 2 - count * TIFF_ENTRY < 4) {
        return -1;
    }

    for (i = 0; i < count; i++) {
        tiff_entry(file, p + 2 + i * TIFF_ENTRY, directory);
    }

    *at = tiff_32(file, p + 2 + count * TIFF_ENTRY);
    return 0;
}


/* tag (2), type (2), count (4), the value itself when it fits into 4 */
static void
tiff_entry(const tiff_file_t *file, const unsigned char *p,
           tiff_directory_t *directory)
{
    uint32_t type, value;

    type = tiff_16(file, p + 2);
    if ((type != TIFF_SHORT && type != TIFF_LONG)
        || tiff_32(file, p + 4) != 1) {
        return;
    }
    value = type == TIFF_SHORT ? tiff_16(file, p + 8) : tiff_32(file, p + 8);

    switch (tiff_16(file, p)) {
    case TIFF_NEW_SUBFILE_TYPE:
        directory->subfile = value;
        break;
    case TIFF_IMAGE_WIDTH:
        directory->width = value;
        break;
    case TIFF_IMAGE_LENGTH:
        directory->height = value;
        break;
    case TIFF_ORIENTATION:
        directory->orientation = value;
        break;
    default:
        break;
    }
}


static void
tiff_take(tiff_t *tiff, const tiff_directory_t *directory)
{
    uint64_t pixels;

    pixels = (uint64_t) directory->width * directory->height;
    if (pixels > tiff->pixels) {
        tiff->pixels = pixels;
        tiff->wide = directory->width;
        tiff->high = directory->height;
    }

    if (directory->subfile & TIFF_REDUCED) {
        return;
    }

    if (tiff->pages++ == 0) {
        tiff->width = directory->width;
        tiff->height = directory->height;
        tiff->orientation = directory->orientation >= 1
                                    && directory->orientation <= 8
                                ? (int) directory->orientation
                                : 1;
    }
}


static uint32_t
tiff_16(const tiff_file_t *file, const unsigned char *p)
{
    return file->little ? (uint32_t) p[1] << 8 | p[0]
                        : (uint32_t) p[0] << 8 | p[1];
}


static uint32_t
tiff_32(const tiff_file_t *file, const unsigned char *p)
{
    return file->little ? tiff_16(file, p + 2) << 16 | tiff_16(file, p)
                        : tiff_16(file, p) << 16 | tiff_16(file, p + 2);
}
