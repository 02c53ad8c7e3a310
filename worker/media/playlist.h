/* HLS media playlists of one file in byte ranges: RFC 8216. Pure. */

#ifndef SLUICE_PLAYLIST_H
#define SLUICE_PLAYLIST_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    double duration; /* seconds: the sum of EXTINF */
    double longest;  /* seconds of a segment */
    int segments;
    uint64_t map_size;     /* bytes of the initialization segment */
    uint64_t peak_rate;    /* bits a second of the hungriest segment */
    uint64_t average_rate; /* bits a second */
} playlist_t;

/* Reads a playlist whose ranges must begin with the map at 0, follow each other
   without gaps, name `file` and end with its last byte at `file_size`, and
   which holds no other tags than ffmpeg's. 0, or -1 with a sentence for the
   log. */
int playlist_check(const char *text, size_t len, const char *file,
                   uint64_t file_size, playlist_t *playlist, char *err,
                   size_t err_size);

/* Gives the first segment of a terminated playlist so many seconds more, and
   the last one: what sound has alone, as the muxer goes by the picture. To
   free(); NULL when there is no memory. */
char *playlist_stretch(const char *text, double head, double tail);

/* One variant of a master playlist. */
typedef struct {
    const char *uri;
    uint64_t peak_rate, average_rate;
    char codecs[64];   /* RFC 6381 */
    int width, height; /* 0: no picture */
    double frame_rate; /* 0: unknown */
} playlist_variant_t;

/* Writes a master playlist, terminated. Its length, or -1 when it does not
   fit. */
int playlist_master(const playlist_variant_t *variant, char *text, size_t size);

/* Finds out the codecs (RFC 6381) from the initialization segment of a file in
   ISO/IEC 14496-12 format: avcC for H.264, esds for AAC. 0, or -1 when one that
   must be there is not. */
int playlist_codecs(const void *init, size_t len, int video, int audio,
                    char *codecs, size_t size);

#endif
