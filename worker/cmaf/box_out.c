#include <stdlib.h>
#include <string.h>
#include "box_out.h"

#define BOX_OUT_ROOM 4096
#define BOX_OUT_TYPE_LEN 4


/* Where `len` more bytes go, or NULL. */
static uint8_t *
box_out_more(box_out_t *out, size_t len)
{
    size_t room = out->room > 0 ? out->room : BOX_OUT_ROOM;
    uint8_t *bytes;

    if (out->failed || len > SIZE_MAX / 4 - out->len) {
        out->failed = 1;
        return NULL;
    }

    while (room < out->len + len) {
        room *= 2;
    }
    if (room > out->room) {
        bytes = realloc(out->bytes, room);
        if (bytes == NULL) {
            out->failed = 1;
            return NULL;
        }
        out->bytes = bytes;
        out->room = room;
    }

    out->len += len;
    return out->bytes + out->len - len;
}


static void
box_out_put(uint8_t *to, uint64_t number, size_t n)
{
    while (n-- > 0) {
        to[n] = (uint8_t) number;
        number >>= 8;
    }
}


static void
box_out_number(box_out_t *out, uint64_t number, size_t n)
{
    uint8_t *to = box_out_more(out, n);

    if (to != NULL) {
        box_out_put(to, number, n);
    }
}


void
box_out_8(box_out_t *out, uint8_t number)
{
    box_out_number(out, number, sizeof(number));
}


void
box_out_16(box_out_t *out, uint16_t number)
{
    box_out_number(out, number, sizeof(number));
}


void
box_out_32(box_out_t *out, uint32_t number)
{
    box_out_number(out, number, sizeof(number));
}


void
box_out_64(box_out_t *out, uint64_t number)
{
    box_out_number(out, number, sizeof(number));
}


void
box_out_bytes(box_out_t *out, const void *bytes, size_t len)
{
    uint8_t *to = len > 0 ? box_out_more(out, len) : NULL;

    if (to != NULL) {
        memcpy(to, bytes, len);
    }
}


void
box_out_zeros(box_out_t *out, size_t len)
{
    uint8_t *to = len > 0 ? box_out_more(out, len) : NULL;

    if (to != NULL) {
        memset(to, 0, len);
    }
}


size_t
box_out_begin(box_out_t *out, const char *type)
{
    const size_t begin = out->len;

    box_out_32(out, 0);
    box_out_bytes(out, type, BOX_OUT_TYPE_LEN);
    return begin;
}


size_t
box_out_full(box_out_t *out, const char *type, uint8_t version, uint32_t flags)
{
    const size_t begin = box_out_begin(out, type);

    box_out_32(out, (uint32_t) version << 24 | flags);
    return begin;
}


void
box_out_end(box_out_t *out, size_t begin)
{
    const size_t size = out->len - begin;

    if (out->failed) {
        return;
    }
    if (size > UINT32_MAX) {
        out->failed = 1;
        return;
    }
    box_out_put(out->bytes + begin, size, sizeof(uint32_t));
}
