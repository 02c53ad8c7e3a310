/* Boxes of ISO/IEC 14496-12, read from memory. Pure; all lengths are checked
   against what is there. */

#ifndef SLUICE_BOX_H
#define SLUICE_BOX_H

#include <stddef.h>
#include <stdint.h>

#define BOX_HEAD 8        /* size, type */
#define BOX_HEAD_LARGE 16 /* and a size of 64 bits */
#define BOX_FULL 4        /* version, flags */

/* A type as the number that its four letters are. */
#define BOX_TYPE(text)                                       \
    ((uint32_t) (text)[0] << 24 | (uint32_t) (text)[1] << 16 \
     | (uint32_t) (text)[2] << 8 | (uint32_t) (text)[3])

/* Bytes that are gone through from front to back. */
typedef struct {
    const uint8_t *at, *end;
} bytes_t;

typedef struct {
    uint32_t type;
    const uint8_t *begin; /* its head */
    bytes_t body;
} box_t;

/* What the head of a box says, of `len` bytes that are known of it: bytes of
   the head, or 0 when it is none. `size` is that of the whole box; 0: it goes
   on to the end. */
size_t box_head(const uint8_t *head, size_t len, uint32_t *type,
                uint64_t *size);

/* Takes the next box: 1; 0 at the end; -1 when it does not fit. */
int box_next(bytes_t *in, box_t *box);

/* The first one of this type inside: 0, or -1. */
int box_find(bytes_t in, const char *type, box_t *box);

/* Follows a path such as "mdia/minf/stbl": 0, or -1. */
int box_path(bytes_t in, const char *path, box_t *box);

/* Numbers, highest byte first. They take 0 where too little is left, and set
   `in->at` to NULL, which stays: box_ended() is asked once, in the end. */
uint8_t box_8(bytes_t *in);
uint16_t box_16(bytes_t *in);
uint32_t box_32(bytes_t *in);
uint64_t box_64(bytes_t *in);
void box_skip(bytes_t *in, size_t n);

/* 1 when more was taken than there was. */
int box_ended(const bytes_t *in);

/* Bytes that are left. */
size_t box_left(const bytes_t *in);

#endif
