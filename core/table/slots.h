/*
 * What tables in shared memory stand on: slots of one size that lie flat behind
 * each other, found by a keyed hash of an id and free again when their time is
 * over. There are no pointers inside, so that each process may map the memory
 * where it likes, and the block may be copied.
 *
 * An id belongs to one of two buckets of SLOTS_WAYS slots and is put in the
 * emptier one (Azar, Broder, Karlin, Upfal, "Balanced allocations", 1994): a
 * look costs two buckets, and the first id without room comes when some eight
 * tenths of the slots are taken. Nothing is ever moved.
 *
 * The caller holds a lock around each call but slots_count().
 */

#ifndef SLUICE_SLOTS_H
#define SLUICE_SLOTS_H

#include <stddef.h>
#include <stdint.h>
#include "siphash.h"

#define SLOTS_WAYS 16

/* How each slot begins. */
typedef struct {
    uint64_t hash[2];
    int64_t exp; /* taken while now < exp, seconds since 1970 */
} slot_t;

/* In the table's header; the caller sets nothing of it. */
typedef struct {
    uint64_t first; /* bytes from here to the first slot */
    uint64_t size;  /* bytes of a slot, a multiple of 8 */
    uint64_t buckets;
    unsigned char key[SIPHASH_KEY_SIZE];
} slots_t;

/* Lays empty slots of `slot_size` bytes into `size` bytes that begin `first`
   bytes behind `slots`. Returns how many, 0 when not even one bucket fits. */
size_t slots_init(slots_t *slots, size_t first, size_t size, size_t slot_size,
                  const unsigned char key[SIPHASH_KEY_SIZE]);

/* The hash of an id; `kind` (0 to 3) keeps equal ids of two kinds apart. */
void slots_hash(const slots_t *slots, unsigned kind, const void *id, size_t len,
                uint64_t hash[2]);

/* The taken slot of this hash, or NULL. */
void *slots_find(slots_t *slots, const uint64_t hash[2], int64_t now);

/* For a hash that slots_find() does not find: a free slot, to be taken with
   slots_take() when it is filled; NULL when both buckets are full. What is
   behind its slot_t is zero. */
void *slots_free(slots_t *slots, const uint64_t hash[2], int64_t now);

/* Takes a slot. It comes last: what a process that died has left half written
   stays free. */
void slots_take(void *slot, const uint64_t hash[2], int64_t exp);

/* Keeps the later of two times; returns 1 when that changed the slot. */
int slots_prolong(void *slot, int64_t exp);

size_t slots_capacity(const slots_t *slots);

/* How many are taken. Reads every slot, and needs no lock: what others change
   meanwhile is counted before or after. */
size_t slots_count(const slots_t *slots, int64_t now);

#endif
