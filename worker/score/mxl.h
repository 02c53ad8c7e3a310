/*
 * Compressed MusicXML: a zip (zip.h) whose META-INF/container.xml names the
 * score. Without one the first file that is called like a score is it, as other
 * readers have it. Pure but for zlib and expat.
 */

#ifndef SLUICE_MXL_H
#define SLUICE_MXL_H

#include <stddef.h>
#include "zip.h"

#define MXL_CONTAINER_MAX (64UL * 1024) /* bytes of container.xml */
#define MXL_NAME_SIZE 512

/* Finds the score in the zip's bytes. 0, or -1: then `complaint` is a sentence
   for the owner. */
int mxl_score(const void *bytes, size_t len, zip_t *zip, zip_entry_t *score,
              const char **complaint);

/* What is to say to the owner of such an end of zip_unpack(), of a score or its
   container; NULL for ZIP_OK and ZIP_ENOUGH. */
const char *mxl_complaint(zip_rc_t rc);

#endif
