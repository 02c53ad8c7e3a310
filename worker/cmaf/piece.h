/* One IN: a fragmented MP4 of one track as ffmpeg writes it (ISO/IEC 14496-12).
   Nothing in it is trusted. Pure: bytes come from a source. */

#ifndef SLUICE_PIECE_H
#define SLUICE_PIECE_H

#include <stddef.h>
#include <stdint.h>
#include "sample.h"

#define PIECE_MATRIX 36 /* bytes of a matrix */

typedef struct {
    /* `len` bytes from `at` on, which lie within `size`: 0, or -1 */
    int (*read)(void *data, uint64_t at, void *to, size_t len);
    void *data;
    uint64_t size;
} source_t;

typedef struct {
    int video; /* else audio */
    uint32_t timescale;
    uint16_t language;            /* as in mdhd */
    uint8_t matrix[PIECE_MATRIX]; /* as in tkhd */
    uint32_t width, height;       /* 16.16, as in tkhd */
    uint16_t volume;              /* 8.8 */
    uint8_t *entry; /* the sample entry, without its btrt; to free() */
    size_t entry_len;
    size_t first, count;    /* of its samples in the table */
    uint32_t last_duration; /* of the last one in the file */
} piece_t;

/* Reads the IN, and adds its samples to the table, with `shown` on its own
   clock and no duration. 0, or -1 with a sentence for the log; `piece->entry`
   is to free() in either case. */
int piece_read(const source_t *source, samples_t *samples, piece_t *piece,
               char *why, size_t why_size);

#endif
