/* What heif-info says about a HEIC file. Pure. */

#ifndef SLUICE_HEIFINFO_H
#define SLUICE_HEIFINFO_H

#include <stdint.h>

#define HEIFINFO_PICTURES_MAX 100

typedef struct {
    int pictures;           /* thumbnails are none */
    uint32_t width, height; /* of the first */
    uint32_t wide, high;    /* of the one with the most pixels */
} heifinfo_t;

/* 0, or -1 when the text is not heif-info's, or tells of no picture or of more
   than HEIFINFO_PICTURES_MAX. */
int heifinfo_parse(const char *text, heifinfo_t *info);

#endif
