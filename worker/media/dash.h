/* The manifest of DASH (ISO/IEC 23009-1, on-demand profile): the same track
   files that the playlists of HLS name, each found by its own index. Pure. */

#ifndef SLUICE_DASH_H
#define SLUICE_DASH_H

#include <jansson.h>

/* The manifest of all renditions, rows of the record (rendition.h). It lies in
   the folder that has theirs. To free(); NULL when there is no memory, or what
   would be named may not be. */
char *dash_manifest(const json_t *rows);

#endif
