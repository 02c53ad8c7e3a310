/* Boxes of ISO/IEC 14496-12, written into memory. Pure. */

#ifndef SLUICE_BOX_OUT_H
#define SLUICE_BOX_OUT_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t *bytes; /* to free() */
    size_t len, room;
    int failed; /* there was no memory: asked once, in the end */
} box_out_t;

/* Numbers, highest byte first. */
void box_out_8(box_out_t *out, uint8_t number);
void box_out_16(box_out_t *out, uint16_t number);
void box_out_32(box_out_t *out, uint32_t number);
void box_out_64(box_out_t *out, uint64_t number);

void box_out_bytes(box_out_t *out, const void *bytes, size_t len);
void box_out_zeros(box_out_t *out, size_t len);

/* Opens a box, or one with version and flags. What is returned closes it. */
size_t box_out_begin(box_out_t *out, const char *type);
size_t box_out_full(box_out_t *out, const char *type, uint8_t version,
                    uint32_t flags);
void box_out_end(box_out_t *out, size_t begin);

#endif
