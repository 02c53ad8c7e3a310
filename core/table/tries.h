/*
 * How often was tried in vain under a name: buckets that leak, in flat memory
 * that processes share, by the generic cell rate algorithm (ITU-T I.371). A
 * bucket is a time, when it is empty again.
 *
 * A name has a bucket in each of some rows, by a keyed hash, and waits for the
 * emptiest of them: names that share one row's bucket share no other, and
 * nobody can tell which they are (Cormode and Muthukrishnan's count-min
 * sketch). So strangers cannot fill the table, whatever they call themselves,
 * but by trying so often that the tries themselves are the attack: with ten
 * tries at once and one a minute 164,000, and 270 a second to keep it so. The
 * caller holds a lock around each call. Times are seconds since 1970.
 */

#ifndef SLUICE_TRIES_H
#define SLUICE_TRIES_H

#include <stddef.h>
#include <stdint.h>
#include "siphash.h"

#define TRIES_ROWS 2
#define TRIES_CELLS 16384 /* of a row */

typedef struct {
    unsigned char key[SIPHASH_KEY_SIZE]; /* random */
    int64_t many;                        /* tries at once */
    int64_t every;                       /* seconds for one more */
    uint32_t empty[TRIES_ROWS][TRIES_CELLS];
} tries_t;

/* Empties all buckets. */
void tries_init(tries_t *tries, const unsigned char key[SIPHASH_KEY_SIZE],
                int64_t many, int64_t every);

/* For how many seconds nobody may try under this name; 0: he may now. */
int64_t tries_wait(const tries_t *tries, const void *name, size_t len,
                   int64_t now);

/* It was in vain. */
void tries_failed(tries_t *tries, const void *name, size_t len, int64_t now);

#endif
