/*
 * What users are playing on this machine: places in flat memory that processes
 * share. A stream is one title on one device, however many requests bring it;
 * it lasts for a while after the last of them, since a player asks for the next
 * piece when it needs it. A device that begins another title has left the one
 * that it asks nothing of any more.
 *
 * The caller holds a lock around each call but streams_count(). Times are
 * seconds since 1970.
 */

#ifndef SLUICE_STREAMS_H
#define SLUICE_STREAMS_H

#include <stddef.h>
#include <stdint.h>
#include "meter.h"

#define STREAMS_OPEN 60 /* s: who plays says so again before that */
#define STREAMS_IDLE 20 /* s that one lasts beyond its last request */

typedef struct streams_s streams_t;

typedef struct {
    meter_user_t user;
    uint64_t device;
    uint64_t title;
} stream_t;

/* Makes an empty table of memory on an 8-byte boundary. Returns how many it has
   room for, 0 when `size` is too small. */
size_t streams_init(void *mem, size_t size);

/* 1 when the memory has a table that this code can read. */
int streams_valid(const void *mem);

/* Begins it, or says that it goes on. 1; 0 when the user has so many others;
   1 as well where there is no place to count it. */
int streams_take(streams_t *table, const stream_t *stream, uint32_t limit,
                 int64_t now);

/* A request for it is over. */
void streams_end(streams_t *table, const stream_t *stream, int64_t now);

/* Without the lock: how many there are. Reads the whole table. */
size_t streams_count(const streams_t *table, int64_t now);

#endif
