/* What a file is, by its first bytes and never by its name. */

#ifndef SLUICE_SNIFF_H
#define SLUICE_SNIFF_H

#include <stddef.h>

#include "media_type.h"

#define SNIFF_SIZE 4096  /* bytes of the file's beginning that sniff() wants */
#define SNIFF_TAGS_MAX 8 /* that stand in front of a file, one by one */

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

/* How long the tag is that the bytes begin with (ID3v2, which players skip in
   front of any sound): what it stands before is so many bytes further on. 0:
   there is none. */
size_t sniff_tag(const void *bytes, size_t len);

/* sniff() of what stands behind a tag. */
const sniff_t *sniff_behind_tag(const void *bytes, size_t len);

#endif
