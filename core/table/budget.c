#include <string.h>
#include "budget.h"
#include "flat_table.h"

#define MAGIC UINT64_C(0x746567647562) /* "budget" */
#define VERSION 1

struct budget_s {
    uint64_t magic;
    uint64_t version;
    flat_table_t places; /* and they themselves behind it */
};

typedef struct {
    flat_table_place_t place;
    uint64_t unused; /* version 1 has it */
    uint64_t used;
    uint64_t spent;
} entry_t;


size_t
budget_init(void *mem, size_t size, const unsigned char key[SIPHASH_KEY_SIZE])
{
    budget_t *table = mem;

    if (size < sizeof(budget_t)) {
        return 0;
    }

    table->magic = MAGIC;
    table->version = VERSION;

    return flat_table_init(&table->places,
                           sizeof(budget_t) - offsetof(budget_t, places),
                           size - sizeof(budget_t), sizeof(entry_t), key);
}


int
budget_valid(const void *mem)
{
    const budget_t *table = mem;

    return table->magic == MAGIC && table->version == VERSION;
}


static entry_t *
find(budget_t *table, const void *id, size_t len, int64_t now)
{
    uint64_t hash[2];

    flat_table_hash(&table->places, 0, id, len, hash);

    return flat_table_find(&table->places, hash, now);
}


/* The entry, made when missing; NULL when there is no room. */
static entry_t *
find_or_make(budget_t *table, const void *id, size_t len, int64_t exp,
             int64_t now)
{
    uint64_t hash[2];
    entry_t *entry;

    flat_table_hash(&table->places, 0, id, len, hash);
    entry = flat_table_find(&table->places, hash, now);

    if (entry != NULL) {
        (void) flat_table_prolong(entry, exp);
        return entry;
    }

    entry = flat_table_vacant(&table->places, hash, now);

    if (entry != NULL) {
        flat_table_take(entry, hash, exp);
    }

    return entry;
}


uint64_t
budget_take(budget_t *table, const void *id, size_t len, uint64_t want,
            uint64_t limit, int64_t exp, int64_t now)
{
    entry_t *entry;
    uint64_t left;

    entry = find_or_make(table, id, len, exp, now);

    if (entry == NULL) {
        return BUDGET_NO_ROOM;
    }

    if (entry->spent || entry->used >= limit) {
        return 0;
    }

    left = limit - entry->used;

    if (want > left) {
        want = left;
    }

    entry->used += want;

    return want;
}


void
budget_give(budget_t *table, const void *id, size_t len, uint64_t amount)
{
    entry_t *entry;

    /* in a place that has expired meanwhile it changes nothing */
    entry = find(table, id, len, 0);

    if (entry != NULL) {
        entry->used -= (amount < entry->used) ? amount : entry->used;
    }
}


void
budget_spend(budget_t *table, const void *id, size_t len, int64_t exp,
             int64_t now)
{
    entry_t *entry;

    entry = find_or_make(table, id, len, exp, now);

    if (entry != NULL) {
        entry->spent = 1;
    }
}


size_t
budget_used(const budget_t *table, int64_t now)
{
    return flat_table_count(&table->places, now);
}


size_t
budget_capacity(const budget_t *table)
{
    return flat_table_capacity(&table->places);
}
