/* What stands in front of the segments: ftyp, moov and sidx of a CMAF track
   file (ISO/IEC 23000-19, 7). Pure. */

#ifndef SLUICE_HEAD_OUT_H
#define SLUICE_HEAD_OUT_H

#include <stddef.h>
#include <stdint.h>
#include "box_out.h"
#include "piece.h"
#include "segment.h"

/* ftyp and moov, after the first piece; `duration` in ticks. */
void head_out(box_out_t *out, const piece_t *piece, uint64_t duration);

/* The sidx; `sizes` are bytes of the segments, each below HEAD_SEGMENT_MAX,
   and each lasts no more than 2^32 ticks. */
#define HEAD_SEGMENT_MAX 0x80000000U
void head_sidx(box_out_t *out, uint32_t timescale, const segments_t *segments,
               const uint64_t *sizes);

#endif
