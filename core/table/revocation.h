/*
 * What was taken back before its time: links and tokens (jti), sessions (sid),
 * and users (sub), each until the last token it speaks of would have expired.
 * A table in flat memory that processes share; see flat_table.h.
 *
 * When it is full it says no rather than yes: what finds no room goes into a
 * Bloom filter ("Space/time trade-offs in hash coding with allowable errors",
 * 1970), and what is found there counts as revoked. The more overflows, the
 * more others are refused with it, until the last of it has expired.
 *
 * The caller holds a lock around each call but those that say otherwise. Times
 * are seconds since 1970.
 */

#ifndef SLUICE_REVOCATION_H
#define SLUICE_REVOCATION_H

#include <stddef.h>
#include <stdint.h>
#include "siphash.h"

typedef enum {
    REVOCATION_JTI,
    REVOCATION_SID,
    REVOCATION_SUB,
    REVOCATION_USE /* a budget that is spent: for messages, not for this table
                    */
} revocation_kind_t;

typedef struct revocation_s revocation_t;

/* Makes an empty table of memory on an 8-byte boundary. `key` is random, and
   stays in the table. Returns how many it has room for, 0 when `size` is too
   small. */
size_t revocation_init(void *mem, size_t size,
                       const unsigned char key[SIPHASH_KEY_SIZE]);

/* 1 when the memory has a table that this code can read. */
int revocation_valid(const void *mem);

/*
 * Revokes what has this id until `exp`; of a user's tokens those issued at or
 * before `before`, or all when that is 0; `before` says nothing for the other
 * kinds. Of an id that is there already the later `before` and `exp` are kept;
 * what has expired is not taken in.
 *
 * Returns 0, or -1 when there is no room: then it went into the filter, as
 * revoked altogether.
 */
int revocation_put(revocation_t *table, revocation_kind_t kind, const void *id,
                   size_t len, int64_t before, int64_t exp, int64_t now);

/* 1 when a token with this id that was issued at `iat` (0: it does not say) is
   revoked. */
int revocation_find(revocation_t *table, revocation_kind_t kind, const void *id,
                    size_t len, int64_t iat, int64_t now);

/* Until when what was issued to this user is revoked, if not all of it is; else
   0. */
int64_t revocation_before(revocation_t *table, const void *user, size_t len,
                          int64_t now);

/* Another number whenever revocation_find() may say something else than it did,
   but for the passing of time; never 0. Without the lock: take it before the
   answers that are kept with it. */
uint64_t revocation_generation(const revocation_t *table);

/* Without the lock: how many are in force (reads the whole table), how many
   there is room for, and how many went into the filter since the table was
   made. */
size_t revocation_used(const revocation_t *table, int64_t now);
size_t revocation_capacity(const revocation_t *table);
uint64_t revocation_overflowed(const revocation_t *table);

#endif
