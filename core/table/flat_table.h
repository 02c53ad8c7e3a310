/*
 * What tables in shared memory stand on: places of one size that lie flat
 * behind each other, found by a keyed hash of an id and free again when their
 * time is over. There are no pointers inside, so that each process may map the
 * memory where it likes, and the block may be copied.
 *
 * An id belongs to one of two buckets of FLAT_TABLE_WAYS places and is put in
 * the emptier one (Azar, Broder, Karlin, Upfal, "Balanced allocations", 1994):
 * a look costs two buckets, and the first id without room comes when some eight
 * tenths of the places are taken. Nothing is ever moved.
 *
 * The caller holds a lock around each call but flat_table_count().
 */

#ifndef SLUICE_FLAT_TABLE_H
#define SLUICE_FLAT_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include "siphash.h"

#define FLAT_TABLE_WAYS 16

/* How each place begins. */
typedef struct {
    uint64_t hash[2];
    int64_t exp; /* taken while now < exp, seconds since 1970 */
} flat_table_place_t;

/* In the table's header; the caller sets nothing of it. */
typedef struct {
    uint64_t first; /* bytes from here to the first place */
    uint64_t size;  /* bytes of a place, a multiple of 8 */
    uint64_t buckets;
    unsigned char key[SIPHASH_KEY_SIZE];
} flat_table_t;

/* Lays empty places of `place_size` bytes into `size` bytes that begin `first`
   bytes behind `table`. Returns how many, 0 when not even one bucket fits. */
size_t flat_table_init(flat_table_t *table, size_t first, size_t size,
                       size_t place_size,
                       const unsigned char key[SIPHASH_KEY_SIZE]);

/* The hash of an id; `kind` (0 to 3) keeps equal ids of two kinds apart. */
void flat_table_hash(const flat_table_t *table, unsigned kind, const void *id,
                     size_t len, uint64_t hash[2]);

/* The taken place of this hash, or NULL. */
void *flat_table_find(flat_table_t *table, const uint64_t hash[2], int64_t now);

/* For a hash that flat_table_find() does not find: a free place, to be taken
   with flat_table_take() when it is filled; NULL when both buckets are full.
   What is behind its flat_table_place_t is zero. */
void *flat_table_vacant(flat_table_t *table, const uint64_t hash[2],
                        int64_t now);

/* Calls `visit` for each taken place of the two buckets of a hash. */
void flat_table_visit(flat_table_t *table, const uint64_t hash[2], int64_t now,
                      void (*visit)(void *place, void *data), void *data);

/* Frees a place before its time. */
void flat_table_drop(void *place);

/* Takes a place. It comes last: what a process that died has left half written
   stays free. */
void flat_table_take(void *place, const uint64_t hash[2], int64_t exp);

/* Keeps the later of two times; returns 1 when that changed the place. */
int flat_table_prolong(void *place, int64_t exp);

size_t flat_table_capacity(const flat_table_t *table);

/* How many are taken. Reads every place, and needs no lock: what others change
   meanwhile is counted before or after. */
size_t flat_table_count(const flat_table_t *table, int64_t now);

#endif
