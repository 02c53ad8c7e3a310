/* Renditions of a film as the record has them, read for the playlists and the
   manifest that name them. Pure. */

#ifndef SLUICE_RENDITION_H
#define SLUICE_RENDITION_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define RENDITION_MAX 256
#define RENDITION_NAME_SIZE 64
#define RENDITION_LABEL_SIZE 192 /* bytes of a title */
#define RENDITION_CODECS_SIZE 96
#define RENDITION_LANGUAGE_SIZE 36 /* RFC 5646, 4.4.1 */

typedef enum {
    RENDITION_VIDEO,
    RENDITION_AUDIO,
    RENDITION_SUBTITLES
} rendition_kind_t;

typedef enum {
    RENDITION_PLAIN,
    RENDITION_COMMENTARY,
    RENDITION_DESCRIPTION,      /* what is seen is told */
    RENDITION_HEARING_IMPAIRED, /* what is heard is written */
    RENDITION_FORCED            /* what no one understands is translated */
} rendition_purpose_t;

typedef struct {
    rendition_kind_t kind;
    char name[RENDITION_NAME_SIZE]; /* of its files */
    char base[RENDITION_NAME_SIZE]; /* the name up to its first hyphen: of
                                       the same track in each encoding */
    char folder[RENDITION_NAME_SIZE];
    char codecs[RENDITION_CODECS_SIZE];
    char supplemental[RENDITION_CODECS_SIZE]; /* empty: none */
    char range[4];                            /* SDR, PQ, HLG; empty: unknown */
    char language[RENDITION_LANGUAGE_SIZE];   /* RFC 5646; empty: unknown */
    char label[RENDITION_LABEL_SIZE]; /* what people call it: one line of UTF-8,
                                         of no other track of its kind */
    rendition_purpose_t purpose;
    char cuts[16];  /* alike: their segments begin at the same times */
    int is_default; /* one of its kind at most */
    int automatic;  /* may be chosen by its language alone */
    int open;       /* segments that need the one before */
    int width, height, channels, sample_rate; /* 0: unknown */
    double frame_rate, mean_rate;         /* at most, and of all; 0: unknown */
    double duration;                      /* 0: unknown */
    uint64_t bandwidth, average, iframes; /* bits a second */
    uint64_t init, index_at, index_size;  /* bytes */
} rendition_t;

typedef struct {
    rendition_t *rendition; /* to free() */
    size_t count;
} renditions_t;

/* Reads rows: [{"name","kind","folder","about":{…}},…]. What is no name, path
   or codec is refused, since it goes into playlists: 0, or -1 (of
   RENDITION_MAX rows too). */
int rendition_read(const json_t *rows, renditions_t *renditions);

#endif
