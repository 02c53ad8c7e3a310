#include <string.h>
#include "tries.h"


void
tries_init(tries_t *tries, const unsigned char key[SIPHASH_KEY_SIZE],
           int64_t many, int64_t every)
{
    memset(tries, 0, sizeof(tries_t));
    memcpy(tries->key, key, SIPHASH_KEY_SIZE);
    tries->many = many;
    tries->every = every;
}


static size_t
tries_cell(const tries_t *tries, const void *name, size_t len)
{
    uint64_t hash[2];

    siphash_128(tries->key, name, len, hash);

    return hash[0] % TRIES_CELLS;
}


/* Seconds until it is empty; no more than a full one needs, though the clock
   was set back. */
static int64_t
tries_left(const tries_t *tries, size_t cell, int64_t now)
{
    int64_t left = tries->empty[cell] - now;
    int64_t most = tries->many * tries->every;

    return left < 0 ? 0 : left > most ? most : left;
}


int64_t
tries_wait(const tries_t *tries, const void *name, size_t len, int64_t now)
{
    int64_t left = tries_left(tries, tries_cell(tries, name, len), now);
    int64_t free = (tries->many - 1) * tries->every;

    return left > free ? left - free : 0;
}


void
tries_failed(tries_t *tries, const void *name, size_t len, int64_t now)
{
    size_t cell = tries_cell(tries, name, len);

    tries->empty[cell] = now + tries_left(tries, cell, now) + tries->every;
}
