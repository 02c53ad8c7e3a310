#include <string.h>
#include "flat_table.h"

#define KIND_BITS 2
#define KIND_MASK ((UINT64_C(1) << KIND_BITS) - 1)


size_t
flat_table_init(flat_table_t *table, size_t first, size_t size,
                size_t place_size, const unsigned char key[SIPHASH_KEY_SIZE])
{
    table->first = first;
    table->size = place_size;
    table->buckets = size / place_size / FLAT_TABLE_WAYS;
    memcpy(table->key, key, SIPHASH_KEY_SIZE);
    memset((char *) table + first, 0, size);

    return flat_table_capacity(table);
}


size_t
flat_table_capacity(const flat_table_t *table)
{
    return (size_t) table->buckets * FLAT_TABLE_WAYS;
}


void
flat_table_hash(const flat_table_t *table, unsigned kind, const void *id,
                size_t len, uint64_t hash[2])
{
    siphash_128(table->key, id, len, hash);
    hash[1] = (hash[1] & ~KIND_MASK) | (kind & KIND_MASK);
}


static flat_table_place_t *
place_at(const flat_table_t *table, uint64_t i)
{
    return (flat_table_place_t *) ((char *) table + table->first
                                   + i * table->size);
}


/* The first place of the one bucket and of the other. */
static void
find_buckets(const flat_table_t *table, const uint64_t hash[2],
             uint64_t start[2])
{
    start[0] = hash[0] % table->buckets * FLAT_TABLE_WAYS;
    start[1] = (hash[1] >> KIND_BITS) % table->buckets * FLAT_TABLE_WAYS;
}


void *
flat_table_find(flat_table_t *table, const uint64_t hash[2], int64_t now)
{
    uint64_t start[2], i;
    flat_table_place_t *place;
    int way;

    find_buckets(table, hash, start);

    for (way = 0; way < 2; way++) {
        for (i = start[way]; i < start[way] + FLAT_TABLE_WAYS; i++) {
            place = place_at(table, i);

            if (place->hash[0] == hash[0] && place->hash[1] == hash[1]
                && now < place->exp) {
                return place;
            }
        }
    }

    return NULL;
}


void *
flat_table_vacant(flat_table_t *table, const uint64_t hash[2], int64_t now)
{
    uint64_t start[2], i;
    flat_table_place_t *place, *found[2];
    int way, count[2];

    find_buckets(table, hash, start);

    for (way = 0; way < 2; way++) {
        found[way] = NULL;
        count[way] = 0;

        for (i = start[way]; i < start[way] + FLAT_TABLE_WAYS; i++) {
            place = place_at(table, i);

            if (now >= place->exp) {
                found[way] = place;
                count[way]++;
            }
        }
    }

    place = found[count[1] > count[0]];

    if (place != NULL) {
        memset(place, 0, table->size);
    }

    return place;
}


void
flat_table_visit(flat_table_t *table, const uint64_t hash[2], int64_t now,
                 void (*visit)(void *place, void *data), void *data)
{
    uint64_t start[2], i;
    flat_table_place_t *place;
    int way;

    find_buckets(table, hash, start);

    for (way = 0; way < (start[0] == start[1] ? 1 : 2); way++) {
        for (i = start[way]; i < start[way] + FLAT_TABLE_WAYS; i++) {
            place = place_at(table, i);

            if (now < place->exp) {
                visit(place, data);
            }
        }
    }
}


void
flat_table_drop(void *place)
{
    __atomic_store_n(&((flat_table_place_t *) place)->exp, 0, __ATOMIC_RELEASE);
}


void
flat_table_take(void *place, const uint64_t hash[2], int64_t exp)
{
    flat_table_place_t *taken = place;

    taken->hash[0] = hash[0];
    taken->hash[1] = hash[1];
    __atomic_store_n(&taken->exp, exp, __ATOMIC_RELEASE);
}


int
flat_table_prolong(void *place, int64_t exp)
{
    flat_table_place_t *taken = place;

    if (exp <= taken->exp) {
        return 0;
    }

    __atomic_store_n(&taken->exp, exp, __ATOMIC_RELEASE);

    return 1;
}


size_t
flat_table_count(const flat_table_t *table, int64_t now)
{
    size_t i, count, capacity;

    capacity = flat_table_capacity(table);

    for (i = 0, count = 0; i < capacity; i++) {
        count += now
                 < __atomic_load_n(&place_at(table, i)->exp, __ATOMIC_RELAXED);
    }

    return count;
}
