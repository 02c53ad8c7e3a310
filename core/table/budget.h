/*
 * What was used of links on this machine: a table in flat memory that processes
 * share; see flat_table.h.
 *
 * Each link has an owner, and no owner takes the table from the others: a new
 * link that finds no place gets one of the owner who has most of those that it
 * could have, if that one has more than its own would. A link that lost its
 * place, or opened without one, must not be counted anew, which would open it
 * again: until it is over, BUDGET_NO_ROOM is said of all links of its owner
 * that have no place (and of about one in a million others').
 *
 * An id has one count, of what the caller likes: uses, bytes. The caller holds
 * a lock around each call but those that say otherwise. Times are seconds since
 * 1970; counts stay below 2^53.
 */

#ifndef SLUICE_BUDGET_H
#define SLUICE_BUDGET_H

#include <stddef.h>
#include <stdint.h>
#include "siphash.h"

typedef struct budget_s budget_t;

/* A link, as the table sees it. */
typedef struct {
    const void *id;
    size_t len;
    const void *owner; /* whose it is; NULL: nobody's, who is one owner, too */
    size_t owner_len;
    int64_t exp;
} budget_link_t;

/* Makes an empty table of memory on an 8-byte boundary. `key` is random, and
   stays in the table. Returns how many it has room for, 0 when `size` is too
   small. */
size_t budget_init(void *mem, size_t size,
                   const unsigned char key[SIPHASH_KEY_SIZE]);

/* 1 when the memory has a table that this code can read. */
int budget_valid(const void *mem);

#define BUDGET_NO_ROOM UINT64_MAX

/* Takes up to `want` of `limit` and returns how many: 0 when none are left,
   BUDGET_NO_ROOM when the link is not counted here. */
uint64_t budget_take(budget_t *table, const budget_link_t *link, uint64_t want,
                     uint64_t limit, int64_t now);

/* To be told of a link that has BUDGET_NO_ROOM, and opens all the same because
   somebody else counts. */
void budget_pass(budget_t *table, const budget_link_t *link);

/* Gives back what was taken and not used. */
void budget_give(budget_t *table, const void *id, size_t len, uint64_t amount);

/* Remembers that somebody else, who counts for several machines, has none
   left: from then on budget_take() says 0 too, whatever is given back. Without
   room nothing is remembered. */
void budget_spend(budget_t *table, const void *id, size_t len, int64_t exp,
                  int64_t now);

/* Without the lock: how many links are counted (reads the whole table), how
   many there is room for, and how many lost their place, or opened without one,
   since the table was made. */
size_t budget_used(const budget_t *table, int64_t now);
size_t budget_capacity(const budget_t *table);
uint64_t budget_overflowed(const budget_t *table);

#endif
