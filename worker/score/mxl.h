/*
 * Compressed MusicXML: a zip (APPNOTE 6.3) whose META-INF/container.xml names
 * the score. Only that and the score are unpacked, into memory alone, and both
 * are bounded. Pure but for zlib and expat.
 */

#ifndef SLUICE_MXL_H
#define SLUICE_MXL_H

#include <stddef.h>

#define MXL_SIZE_MAX (64UL << 20)       /* bytes of a zip */
#define MXL_CONTAINER_MAX (64UL * 1024) /* bytes of container.xml */
#define MXL_NAME_SIZE 512
#define MXL_ENTRIES_MAX 4096

/* Unpacked bytes of any file may be so many times the packed ones; notation
   packs to a fortieth. */
#define MXL_RATIO_MAX 250

typedef struct {
    const unsigned char *data;
    size_t size; /* bytes as packed */
    size_t full; /* and as promised, unpacked */
    unsigned method;
    unsigned crc;
} mxl_entry_t;

/* Finds the score in the zip's bytes, which the entry then points into. 0, or
   -1: then `complaint` is a sentence for the owner. */
int mxl_score(const void *bytes, size_t len, mxl_entry_t *score,
              const char **complaint);

/* Unpacks, and calls sink() with the bytes as they come, until it returns
   nonzero. 0, or -1: then `complaint` says why, or is NULL when sink() did not
   want more. */
int mxl_unpack(const mxl_entry_t *entry, size_t max,
               int (*sink)(void *data, const char *bytes, size_t len),
               void *data, const char **complaint);

#endif
