#include "ranges.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>


static const char ranges_unit[] = "bytes=";


/* One of the list as it stands there. */

typedef struct {
    int from; /* `first` was written; else it is so many last bytes */
    int to;   /* `last` was written */
    uint64_t first;
    uint64_t last;
} ranges_spec_t;


static const char *
ranges_skip(const char *p, const char *end, const char *what)
{
    while (p < end && *p != '\0' && strchr(what, *p) != NULL) {
        p++;
    }

    return p;
}


/* Digits; what is too large for a number is larger than any file. NULL: there
   are none. */

static const char *
ranges_number(const char *p, const char *end, uint64_t *number)
{
    const char *start = p;
    uint64_t digit;

    *number = 0;

    for (/* void */; p < end && *p >= '0' && *p <= '9'; p++) {
        digit = (uint64_t) (*p - '0');
        *number = *number > (UINT64_MAX - digit) / 10 ? UINT64_MAX
                                                      : *number * 10 + digit;
    }

    return p > start ? p : NULL;
}


/* NULL: it is no range. */

static const char *
ranges_spec(const char *p, const char *end, ranges_spec_t *spec)
{
    memset(spec, 0, sizeof(ranges_spec_t));

    if (*p != '-') {
        spec->from = 1;
        p = ranges_number(p, end, &spec->first);
    }

    if (p == NULL || p == end || *p++ != '-') {
        return NULL;
    }

    if (!spec->from || (p < end && *p >= '0' && *p <= '9')) {
        spec->to = 1;
        p = ranges_number(p, end, &spec->last);
    }

    if (p == NULL || (spec->from && spec->to && spec->last < spec->first)) {
        return NULL;
    }

    p = ranges_skip(p, end, " \t");

    return p == end || *p == ',' ? p : NULL;
}


/* 1 when some of it is in a file of `size` bytes. */

static int
ranges_within(const ranges_spec_t *spec, uint64_t size, range_t *range)
{
    if (!spec->from) {
        range->first = spec->last < size ? size - spec->last : 0;
        range->last = size - 1;
        return spec->last > 0 && size > 0;
    }

    range->first = spec->first;
    range->last = spec->to && spec->last < size ? spec->last : size - 1;

    return spec->first < size;
}


/* The beginning of an empty file, or its end, is all of it. */

static int
ranges_whole(const ranges_spec_t *spec, uint64_t size)
{
    return size == 0 && (spec->from ? spec->first == 0 : spec->last > 0);
}


static int
ranges_order(const void *a, const void *b)
{
    const range_t *one = a, *other = b;

    return (one->first > other->first) - (one->first < other->first);
}


static size_t
ranges_merge(range_t *ranges, size_t count)
{
    size_t i, n;

    qsort(ranges, count, sizeof(range_t), ranges_order);

    for (n = 0, i = 1; i < count; i++) {
        if (ranges[i].first > ranges[n].last) {
            ranges[++n] = ranges[i];

        } else if (ranges[i].last > ranges[n].last) {
            ranges[n].last = ranges[i].last;
        }
    }

    return n + 1;
}


/* 1 when together they are more than `size` bytes. */

static int
ranges_exceed(const range_t *ranges, size_t count, uint64_t size)
{
    size_t i;
    uint64_t bytes;

    for (i = 0; i < count; i++) {
        bytes = ranges[i].last - ranges[i].first + 1;

        if (bytes > size) {
            return 1;
        }

        size -= bytes;
    }

    return 0;
}


int
ranges_read(const char *text, size_t len, uint64_t size, range_t *ranges,
            size_t max)
{
    const char *p = text + sizeof(ranges_unit) - 1, *end = text + len;
    size_t count = 0;
    range_t range;
    ranges_spec_t spec;

    if (len < sizeof(ranges_unit) - 1
        || strncasecmp(text, ranges_unit, sizeof(ranges_unit) - 1) != 0) {
        return RANGES_IGNORED;
    }

    /* a list may have empty elements: 5.6.1.2 */

    while ((p = ranges_skip(p, end, ", \t")) < end) {
        p = ranges_spec(p, end, &spec);

        if (p == NULL) {
            return RANGES_UNSATISFIABLE;
        }

        if (ranges_whole(&spec, size)) {
            return RANGES_IGNORED;
        }

        if (!ranges_within(&spec, size, &range)) {
            continue;
        }

        if (count == max || count == INT_MAX) {
            return RANGES_IGNORED;
        }

        ranges[count++] = range;
    }

    if (count == 0) {
        return RANGES_UNSATISFIABLE;
    }

    return (int) (ranges_exceed(ranges, count, size)
                      ? ranges_merge(ranges, count)
                      : count);
}
