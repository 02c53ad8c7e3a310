/*
 * How many bytes users were sent on this machine, until the record has them,
 * and what the record said of each: places in flat memory that processes share.
 *
 * Requests find and add without a lock. Who counts for all takes a batch of
 * what has come together, and keeps it until the record has answered: a batch
 * that fails, or whose process died, is taken again with the same number, by
 * which the record knows what it has counted.
 *
 * Users who have no place are given one of somebody of whom all is recorded.
 * Times are seconds since 1970.
 */

#ifndef SLUICE_METER_H
#define SLUICE_METER_H

#include <stddef.h>
#include <stdint.h>

typedef struct meter_s meter_t;

/* A user: the bytes of his UUID, which are random enough to be a hash. */
typedef struct {
    uint64_t word[2];
} meter_user_t;

/* What the record says of a user. */
typedef struct {
    int64_t over;     /* until then he has used up his month; 0: he has not */
    uint32_t streams; /* that he may have at once; 0: any */
    uint32_t free;    /* 1: his months have no bound; 0: they have, or nobody
                         has told */
} meter_limits_t;

typedef struct {
    meter_user_t user;
    uint64_t bytes;
} meter_row_t;

/* Makes an empty table of memory on an 8-byte boundary. Returns how many users
   it has room for, 0 when `size` is too small. */
size_t meter_init(void *mem, size_t size);

/* 1 when the memory has a table that this code can read. */
int meter_valid(const void *mem);


/* without a lock */

/* 1, and what is known of him; 0: nothing, he has no place. Who is over is
   asked about again. */
int meter_find(meter_t *table, const meter_user_t *user, int64_t now,
               meter_limits_t *limits);

/* Adds what he was sent. 1; 0: he has no place. */
int meter_add(meter_t *table, const meter_user_t *user, uint64_t bytes,
              int64_t now);

/* What could not be counted. */
void meter_lose(meter_t *table, uint64_t bytes);

/* 1 when there is something for a batch. */
int meter_due(const meter_t *table);

/* Bytes that were counted here, and lost, since the table was made; how many
   users have a place (reads the whole table), and how many there are. */
uint64_t meter_counted(const meter_t *table);
uint64_t meter_lost(const meter_t *table);
size_t meter_used(const meter_t *table);
size_t meter_capacity(const meter_t *table);


/* under the lock */

/* Gives him a place. 0, or -1 when all that he could have are needed. */
int meter_place(meter_t *table, const meter_user_t *user, int64_t now);

/* The batch that is on its way, or a new one of at most `max` users: how many
   rows, and its number. 0: there is none. */
size_t meter_take(meter_t *table, meter_row_t *rows, size_t max,
                  uint64_t *number);

/* What the record said of one. */
void meter_told(meter_t *table, const meter_user_t *user,
                const meter_limits_t *limits);

/* The record has this batch. */
void meter_done(meter_t *table, uint64_t number);

#endif
