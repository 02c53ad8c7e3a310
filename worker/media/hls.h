/* Playlists of HLS (RFC 8216, and draft-pantos-hls-rfc8216bis for what is
   newer) about track files in byte ranges, and about what a film has of them.
   Pure. All of them are to free(); NULL when there is no memory, or what would
   be named may not be. */

#ifndef SLUICE_HLS_H
#define SLUICE_HLS_H

#include <jansson.h>
#include "track.h"

/* The media playlist of a track, and that of its first pictures alone, which
   lie beside `file`. */
char *hls_media(const track_t *track, const char *file);
char *hls_iframes(const track_t *track, const char *file);

/* The media playlist of subtitles: one file of so many seconds. */
char *hls_text(const char *file, double seconds);

/* The playlist of all renditions, rows of the record (rendition.h). It lies in
   the folder that has theirs. First comes the variant that a player should
   begin with. */
char *hls_master(const json_t *rows);

#endif
