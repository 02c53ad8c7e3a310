/* What a file is, by its first bytes and never by its name. */

#ifndef SLUICE_SNIFF_H
#define SLUICE_SNIFF_H

#include <stddef.h>

#define SNIFF_SIZE 4096 /* bytes of the file's beginning that sniff() wants */

typedef enum {
    MEDIA_UNKNOWN = 0,
    MEDIA_VIDEO, /* or audio: which one, only the streams tell */
    MEDIA_AUDIO,
    MEDIA_SCORE
} media_kind_t;

typedef struct {
    media_kind_t kind;
    const char *name;      /* for people: "MP4", "PDF" */
    const char *extension; /* of the original in the store: "mp4" */
    const char *demuxer;   /* ffmpeg's -f: the only one that may read it; NULL
                              for what ffmpeg does not read */
} sniff_t;

/* The format whose signature the bytes carry, or NULL: empty files, texts,
   playlists and all else that only a name makes media. Points to static data.
 */
const sniff_t *sniff(const void *bytes, size_t len);

/* What a file's name promises, for the time before anyone has looked inside:
   MEDIA_UNKNOWN for an extension we do not know. */
media_kind_t media_kind_from_name(const char *filename, size_t len);

/* "video", "audio", "score", or "unknown". */
const char *media_kind_name(media_kind_t kind);

#endif
