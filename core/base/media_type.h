/* What a file's extension promises, of what is brought and of what is served:
   one table. */

#ifndef SLUICE_MEDIA_TYPE_H
#define SLUICE_MEDIA_TYPE_H

#include <stddef.h>

typedef enum {
    MEDIA_UNKNOWN = 0,
    MEDIA_VIDEO, /* or audio: which one, only the streams tell */
    MEDIA_AUDIO,
    MEDIA_SCORE
} media_kind_t;

/* What a file's name promises, for the time before anyone has looked inside:
   MEDIA_UNKNOWN for an extension we do not know. */
media_kind_t media_kind_from_name(const char *filename, size_t len);

/* "video", "audio", "score", or "unknown". */
const char *media_kind_name(media_kind_t kind);

/* The media type of files with this extension ("mp4", in either case), static
   data; NULL for one that is not ours alone. */
const char *media_type(const char *extension, size_t len);

/* 1 when a browser could take a file of this media type for a document, with
   scripts that run as ours: HTML, and XML of any kind. */
int media_type_runs(const char *type, size_t len);

#endif
