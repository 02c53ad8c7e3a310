/*
 * How often was tried in vain under a name: buckets that leak, in flat memory
 * that processes share, by the generic cell rate algorithm (ITU-T I.371). A
 * bucket is a time, when it is empty again.
 *
 * Names fall into one of TRIES_CELLS buckets by a keyed hash: a few share one,
 * and nobody can tell which. So strangers cannot fill the table, whatever they
 * call themselves. The caller holds a lock around each call. Times are seconds
 * since 1970.
 */

#ifndef SLUICE_TRIES_H
#define SLUICE_TRIES_H

#include <stddef.h>
#include <stdint.h>
#include "siphash.h"

#define TRIES_CELLS 1024

typedef struct {
    unsigned char key[SIPHASH_KEY_SIZE]; /* random */
    int64_t many;                        /* tries at once */
    int64_t every;                       /* seconds for one more */
    int64_t empty[TRIES_CELLS];
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
