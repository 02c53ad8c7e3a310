/* Pieces joined into one track file. Pure: bytes come from sources and go into
   a sink. */

#ifndef SLUICE_JOIN_H
#define SLUICE_JOIN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "entry.h"
#include "piece.h"
#include "segment.h"
#include "timing.h"

#define JOIN_PIECES_MAX 4096

/* Both are called for what follows what was written: 0, or -1. */
typedef struct {
    int (*write)(void *data, const void *bytes, size_t len);
    int (*copy)(void *data, size_t piece, uint64_t at, uint64_t len);
    void *data;
} sink_t;

typedef struct {
    samples_t samples;
    segments_t segments;
    piece_t *piece;
    size_t pieces;
    uint64_t *size; /* bytes of each segment */
    timing_t timing;
    char codecs[ENTRY_CODECS_SIZE];
    size_t init, index; /* bytes of ftyp and moov, and of the sidx */
    char why[192];      /* what is wrong, when something is */
} join_t;

/* Reads the pieces, all of one kind and of the same codec, and decides about
   times and segments. 0, or -1 with `why`; to join_free() in either case. */
int join_read(join_t *join, const source_t *sources, size_t n,
              const timing_film_t *film, double seconds);

/* Writes the file from front to back: the same. */
int join_write(join_t *join, const sink_t *sink);

/* Bytes from the beginning of a segment to the end of its first picture; 0 of
   sound. */
uint64_t join_key(const join_t *join, size_t segment);

/* What the program answers (main.c), when all is written. */
void join_tell(const join_t *join, FILE *out);

/* It is empty afterwards. */
void join_free(join_t *join);

#endif
