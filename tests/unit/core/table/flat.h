/* What the tests of tables in flat memory share. */

#ifndef TEST_FLAT_H
#define TEST_FLAT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/table/siphash.h"
#include "tests/unit/suite.h"

#define NOW 1000
#define SIZE 65536

typedef size_t (*flat_init_t)(void *mem, size_t size,
                              const unsigned char key[SIPHASH_KEY_SIZE]);

static const unsigned char key[SIPHASH_KEY_SIZE] = "0123456789abcde";


/* An empty table where something else has been before; free() it. */
static inline void *
flat_make(flat_init_t init)
{
    void *mem = malloc(SIZE);

    ck_assert_ptr_nonnull(mem);
    memset(mem, 0xa5, SIZE);
    ck_assert_uint_gt(init(mem, SIZE, key), 0);

    return mem;
}


/* Of any number of links; until the next call. */
static inline const char *
name(unsigned n)
{
    static char text[32];

    snprintf(text, sizeof(text), "link-%u", n);

    return text;
}

#endif
