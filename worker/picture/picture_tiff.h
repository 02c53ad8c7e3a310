#ifndef SLUICE_PICTURE_TIFF_H
#define SLUICE_PICTURE_TIFF_H

#include <tiffio.h>

/* Without mapping it into memory. NULL: no TIFF. */
TIFF *picture_tiff_open(const char *path);

#endif
