/* A segment as moof and the head of its mdat: ISO/IEC 14496-12, 8.8. Pure. */

#ifndef SLUICE_FRAGMENT_OUT_H
#define SLUICE_FRAGMENT_OUT_H

#include <stddef.h>
#include <stdint.h>
#include "box_out.h"
#include "sample.h"
#include "segment.h"

/* Bytes of what fragment_out() writes. */
uint64_t fragment_out_size(const segment_t *segment, const samples_t *samples);

/* Writes both; `number` counts from 1. */
void fragment_out(box_out_t *out, const segment_t *segment,
                  const samples_t *samples, uint32_t number);

#endif
