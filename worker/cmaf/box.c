#include <string.h>
#include "box.h"

#define BOX_TYPE_LEN 4
#define BOX_SIZE_LARGE 1 /* the size stands behind the type */


size_t
box_left(const bytes_t *in)
{
    return in->at != NULL ? (size_t) (in->end - in->at) : 0;
}


int
box_ended(const bytes_t *in)
{
    return in->at == NULL;
}


void
box_skip(bytes_t *in, size_t n)
{
    in->at = in->at != NULL && box_left(in) >= n ? in->at + n : NULL;
}


static uint64_t
box_number(bytes_t *in, size_t n)
{
    size_t i;
    uint64_t number = 0;
    const uint8_t *p = in->at;

    box_skip(in, n);
    if (box_ended(in)) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        number = number << 8 | p[i];
    }

    return number;
}


uint8_t
box_8(bytes_t *in)
{
    return (uint8_t) box_number(in, sizeof(uint8_t));
}


uint16_t
box_16(bytes_t *in)
{
    return (uint16_t) box_number(in, sizeof(uint16_t));
}


uint32_t
box_32(bytes_t *in)
{
    return (uint32_t) box_number(in, sizeof(uint32_t));
}


uint64_t
box_64(bytes_t *in)
{
    return box_number(in, sizeof(uint64_t));
}


size_t
box_head(const uint8_t *head, size_t len, uint32_t *type, uint64_t *size)
{
    bytes_t in = { head, head + len };

    *size = box_32(&in);
    *type = box_32(&in);
    if (*size == BOX_SIZE_LARGE) {
        *size = box_64(&in);
        if (*size < BOX_HEAD_LARGE) {
            return 0;
        }
    } else if (*size > 0 && *size < BOX_HEAD) {
        return 0;
    }

    return box_ended(&in) ? 0 : (size_t) (in.at - head);
}


int
box_next(bytes_t *in, box_t *box)
{
    size_t head;
    uint64_t size;

    if (box_left(in) == 0) {
        return 0;
    }

    head = box_head(in->at, box_left(in), &box->type, &size);
    if (head == 0 || size > box_left(in)) {
        return -1;
    }
    if (size == 0) {
        size = box_left(in);
    }

    box->begin = in->at;
    box->body.at = in->at + head;
    box->body.end = in->at + size;
    in->at += size;
    return 1;
}


int
box_find(bytes_t in, const char *type, box_t *box)
{
    while (box_next(&in, box) == 1) {
        if (box->type == BOX_TYPE(type)) {
            return 0;
        }
    }

    return -1;
}


int
box_path(bytes_t in, const char *path, box_t *box)
{
    for (/* void */; strlen(path) >= BOX_TYPE_LEN; path += BOX_TYPE_LEN + 1) {
        if (box_find(in, path, box) != 0) {
            return -1;
        }
        if (path[BOX_TYPE_LEN] == '\0') {
            return 0;
        }
        in = box->body;
    }

    return -1;
}
