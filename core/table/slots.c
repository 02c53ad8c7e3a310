#include <string.h>
#include "slots.h"

#define KIND_BITS 2
#define KIND_MASK ((UINT64_C(1) << KIND_BITS) - 1)


size_t
slots_init(slots_t *slots, size_t first, size_t size, size_t slot_size,
           const unsigned char key[SIPHASH_KEY_SIZE])
{
    slots->first = first;
    slots->size = slot_size;
    slots->buckets = size / slot_size / SLOTS_WAYS;
    memcpy(slots->key, key, SIPHASH_KEY_SIZE);
    memset((char *) slots + first, 0, size);

    return slots_capacity(slots);
}


size_t
slots_capacity(const slots_t *slots)
{
    return (size_t) slots->buckets * SLOTS_WAYS;
}


void
slots_hash(const slots_t *slots, unsigned kind, const void *id, size_t len,
           uint64_t hash[2])
{
    siphash_128(slots->key, id, len, hash);
    hash[1] = (hash[1] & ~KIND_MASK) | (kind & KIND_MASK);
}


static slot_t *
slot_at(const slots_t *slots, uint64_t i)
{
    return (slot_t *) ((char *) slots + slots->first + i * slots->size);
}


/* The first slot of the one bucket and of the other. */
static void
find_buckets(const slots_t *slots, const uint64_t hash[2], uint64_t start[2])
{
    start[0] = hash[0] % slots->buckets * SLOTS_WAYS;
    start[1] = (hash[1] >> KIND_BITS) % slots->buckets * SLOTS_WAYS;
}


void *
slots_find(slots_t *slots, const uint64_t hash[2], int64_t now)
{
    uint64_t start[2], i;
    slot_t *slot;
    int way;

    find_buckets(slots, hash, start);

    for (way = 0; way < 2; way++) {
        for (i = start[way]; i < start[way] + SLOTS_WAYS; i++) {
            slot = slot_at(slots, i);

            if (slot->hash[0] == hash[0] && slot->hash[1] == hash[1]
                && now < slot->exp) {
                return slot;
            }
        }
    }

    return NULL;
}


void *
slots_free(slots_t *slots, const uint64_t hash[2], int64_t now)
{
    uint64_t start[2], i;
    slot_t *slot, *found[2];
    int way, count[2];

    find_buckets(slots, hash, start);

    for (way = 0; way < 2; way++) {
        found[way] = NULL;
        count[way] = 0;

        for (i = start[way]; i < start[way] + SLOTS_WAYS; i++) {
            slot = slot_at(slots, i);

            if (now >= slot->exp) {
                found[way] = slot;
                count[way]++;
            }
        }
    }

    slot = found[count[1] > count[0]];

    if (slot != NULL) {
        memset(slot, 0, slots->size);
    }

    return slot;
}


void
slots_take(void *slot, const uint64_t hash[2], int64_t exp)
{
    slot_t *taken = slot;

    taken->hash[0] = hash[0];
    taken->hash[1] = hash[1];
    __atomic_store_n(&taken->exp, exp, __ATOMIC_RELEASE);
}


int
slots_prolong(void *slot, int64_t exp)
{
    slot_t *taken = slot;

    if (exp <= taken->exp) {
        return 0;
    }

    __atomic_store_n(&taken->exp, exp, __ATOMIC_RELEASE);

    return 1;
}


size_t
slots_count(const slots_t *slots, int64_t now)
{
    size_t i, count, capacity;

    capacity = slots_capacity(slots);

    for (i = 0, count = 0; i < capacity; i++) {
        count += now
                 < __atomic_load_n(&slot_at(slots, i)->exp, __ATOMIC_RELAXED);
    }

    return count;
}
