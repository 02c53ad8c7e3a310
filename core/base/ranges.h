/* What of a file a Range header asks for (RFC 9110, 14). */

#ifndef SLUICE_RANGES_H
#define SLUICE_RANGES_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the file, the last one among them. */
typedef struct {
    uint64_t first;
    uint64_t last;
} range_t;

#define RANGES_IGNORED 0
#define RANGES_UNSATISFIABLE (-1)

/*
 * Reads the header's value for a file of `size` bytes into `ranges`, in its
 * order: how many of them there are in the file. Together they are never more
 * than it: those that would be overlap, and come as few that do not, sorted
 * (15.3.7.2).
 *
 * RANGES_IGNORED: it comes whole. The unit is not bytes; more than `max` are
 * asked for, which may be a lot of work for nothing (14.2, 17.15); or it is
 * empty, and no part of it can be named.
 *
 * RANGES_UNSATISFIABLE: 416. None of them is in the file, or it is no list of
 * ranges (14.2 leaves either to us).
 */
int ranges_read(const char *text, size_t len, uint64_t size, range_t *ranges,
                size_t max);

#endif
