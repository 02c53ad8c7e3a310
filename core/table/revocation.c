#include <string.h>
#include "flat_table.h"
#include "revocation.h"

#define MAGIC UINT64_C(0x6b6f766572) /* "revok" */
#define VERSION 1

/* The filter's part of the memory: 1/16 takes in half again as many as there
   are places at ten bits each, and then less than one in a hundred others looks
   revoked. The best number of bits to set is ten times ln 2 (Bloom). */
#define FILTER_PART 16
#define FILTER_BITS 7
#define WORD_BITS 64

struct revocation_s {
    uint64_t magic;
    uint64_t version;
    uint64_t generation;
    uint64_t overflowed;
    int64_t overflow_exp; /* the filter is empty when 0 */
    uint64_t filter_words;
    flat_table_t places;
    uint64_t filter[]; /* and the places behind it */
};

typedef struct {
    flat_table_place_t place;
    int64_t before; /* 0: all */
} entry_t;


size_t
revocation_init(void *mem, size_t size,
                const unsigned char key[SIPHASH_KEY_SIZE])
{
    revocation_t *table = mem;
    size_t words, head;

    words = size / FILTER_PART / sizeof(uint64_t);
    head = sizeof(revocation_t) + words * sizeof(uint64_t);

    if (words == 0 || head >= size) {
        return 0;
    }

    memset(table, 0, head);

    table->magic = MAGIC;
    table->version = VERSION;
    table->generation = 1;
    table->filter_words = words;

    return flat_table_init(&table->places,
                           head - offsetof(revocation_t, places), size - head,
                           sizeof(entry_t), key);
}


int
revocation_valid(const void *mem)
{
    const revocation_t *table = mem;

    return table->magic == MAGIC && table->version == VERSION;
}


static void
changed(revocation_t *table)
{
    __atomic_add_fetch(&table->generation, 1, __ATOMIC_RELEASE);
}


/* Bits are h0 + i * h1 (Kirsch and Mitzenmacher, "Less hashing, same
   performance", 2006). */
static uint64_t
filter_bit(const revocation_t *table, const uint64_t hash[2], unsigned i)
{
    return (hash[0] + i * (hash[1] * 2 + 1))
           % (table->filter_words * WORD_BITS);
}


static int
filter_has(const revocation_t *table, const uint64_t hash[2])
{
    uint64_t bit;
    unsigned i;

    for (i = 0; i < FILTER_BITS; i++) {
        bit = filter_bit(table, hash, i);

        if (!(table->filter[bit / WORD_BITS] >> bit % WORD_BITS & 1)) {
            return 0;
        }
    }

    return 1;
}


static void
filter_put(revocation_t *table, const uint64_t hash[2], int64_t exp)
{
    uint64_t bit;
    unsigned i;

    if (exp > table->overflow_exp) {
        table->overflow_exp = exp;
    }

    if (filter_has(table, hash)) {
        return;
    }

    for (i = 0; i < FILTER_BITS; i++) {
        bit = filter_bit(table, hash, i);
        table->filter[bit / WORD_BITS] |= UINT64_C(1) << bit % WORD_BITS;
    }

    __atomic_add_fetch(&table->overflowed, 1, __ATOMIC_RELAXED);
    changed(table);
}


static void
filter_expire(revocation_t *table, int64_t now)
{
    if (table->overflow_exp == 0 || now < table->overflow_exp) {
        return;
    }

    memset(table->filter, 0, table->filter_words * sizeof(uint64_t));
    table->overflow_exp = 0;
    changed(table);
}


static int
later_before(entry_t *entry, int64_t before)
{
    if (entry->before == 0 || (before != 0 && before <= entry->before)) {
        return 0;
    }

    entry->before = before;

    return 1;
}


int
revocation_put(revocation_t *table, revocation_kind_t kind, const void *id,
               size_t len, int64_t before, int64_t exp, int64_t now)
{
    uint64_t hash[2];
    entry_t *entry;
    int later;

    filter_expire(table, now);

    if (now >= exp) {
        return 0;
    }

    if (kind != REVOCATION_SUB) {
        before = 0;
    }

    flat_table_hash(&table->places, kind, id, len, hash);
    entry = flat_table_find(&table->places, hash, now);

    if (entry != NULL) {
        later = later_before(entry, before);

        if (flat_table_prolong(entry, exp) || later) {
            changed(table);
        }

        return 0;
    }

    entry = flat_table_vacant(&table->places, hash, now);

    if (entry == NULL) {
        filter_put(table, hash, exp);
        return -1;
    }

    entry->before = before;
    flat_table_take(entry, hash, exp);
    changed(table);

    return 0;
}


int
revocation_find(revocation_t *table, revocation_kind_t kind, const void *id,
                size_t len, int64_t iat, int64_t now)
{
    uint64_t hash[2];
    const entry_t *entry;

    filter_expire(table, now);
    flat_table_hash(&table->places, kind, id, len, hash);

    if (table->overflow_exp != 0 && filter_has(table, hash)) {
        return 1;
    }

    entry = flat_table_find(&table->places, hash, now);

    return entry != NULL && (entry->before == 0 || iat <= entry->before);
}


int64_t
revocation_before(revocation_t *table, const void *user, size_t len,
                  int64_t now)
{
    uint64_t hash[2];
    const entry_t *entry;

    flat_table_hash(&table->places, REVOCATION_SUB, user, len, hash);
    entry = flat_table_find(&table->places, hash, now);

    return entry != NULL ? entry->before : 0;
}


uint64_t
revocation_generation(const revocation_t *table)
{
    return __atomic_load_n(&table->generation, __ATOMIC_ACQUIRE);
}


size_t
revocation_used(const revocation_t *table, int64_t now)
{
    return flat_table_count(&table->places, now);
}


size_t
revocation_capacity(const revocation_t *table)
{
    return flat_table_capacity(&table->places);
}


uint64_t
revocation_overflowed(const revocation_t *table)
{
    return __atomic_load_n(&table->overflowed, __ATOMIC_RELAXED);
}
