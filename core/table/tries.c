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


/* A name's bucket in each row. */
static void
tries_cells(const tries_t *tries, const void *name, size_t len,
            size_t cells[TRIES_ROWS])
{
    uint64_t hash[2];

    siphash_128(tries->key, name, len, hash);

    cells[0] = hash[0] % TRIES_CELLS;
    cells[1] = hash[1] % TRIES_CELLS;
}


/* Seconds until a bucket is empty; no more than a full one needs, though the
   clock was set back. */
static int64_t
tries_left(const tries_t *tries, size_t row, size_t cell, int64_t now)
{
    int64_t left = (int64_t) tries->empty[row][cell] - now;
    int64_t most = tries->many * tries->every;

    return left < 0 ? 0 : left > most ? most : left;
}


int64_t
tries_wait(const tries_t *tries, const void *name, size_t len, int64_t now)
{
    size_t row, cells[TRIES_ROWS];
    int64_t left, least = INT64_MAX;
    int64_t free = (tries->many - 1) * tries->every;

    tries_cells(tries, name, len, cells);

    for (row = 0; row < TRIES_ROWS; row++) {
        left = tries_left(tries, row, cells[row], now);
        least = left < least ? left : least;
    }

    return least > free ? least - free : 0;
}


void
tries_failed(tries_t *tries, const void *name, size_t len, int64_t now)
{
    size_t row, cells[TRIES_ROWS];

    tries_cells(tries, name, len, cells);

    for (row = 0; row < TRIES_ROWS; row++) {
        tries->empty[row][cells[row]] =
            (uint32_t) (now + tries_left(tries, row, cells[row], now)
                        + tries->every);
    }
}
