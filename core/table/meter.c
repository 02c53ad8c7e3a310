#include "meter.h"

#include <string.h>


#define METER_MAGIC 0x6574656d /* "mete" */
#define METER_VERSION 1

#define METER_WAYS 8 /* places of a bucket */

/* Nobody is put out whom a request may have found a moment ago. */
#define METER_CALM 2 /* s */


typedef struct {
    meter_user_t user; /* zeroes: free */
    uint64_t bytes;    /* for the next batch */
    uint64_t taken;    /* of the batch that is on its way */
    meter_limits_t limits;
    uint32_t seen; /* s */
    uint8_t asked; /* he came though he is over; without the lock */
    uint8_t batch; /* he is in the one that is on its way */
} meter_place_t;

struct meter_s {
    uint32_t magic;
    uint32_t version;
    uint64_t buckets;
    uint64_t number; /* of the batch */
    uint32_t under_way;
    uint32_t due;
    uint64_t counted;
    uint64_t lost;
    meter_place_t places[];
};


size_t
meter_init(void *mem, size_t size)
{
    meter_t *table = mem;
    size_t bucket = METER_WAYS * sizeof(meter_place_t);

    if (size < sizeof(meter_t) + bucket) {
        return 0;
    }

    memset(mem, 0, size);
    table->magic = METER_MAGIC;
    table->version = METER_VERSION;
    table->buckets = (size - sizeof(meter_t)) / bucket;

    return meter_capacity(table);
}


int
meter_valid(const void *mem)
{
    const meter_t *table = mem;

    return table->magic == METER_MAGIC && table->version == METER_VERSION;
}


size_t
meter_capacity(const meter_t *table)
{
    return (size_t) table->buckets * METER_WAYS;
}


/* The first of the places that he may have. Of a UUIDv7 the second half is
   random, of a UUIDv5 all is. */

static meter_place_t *
meter_bucket(meter_t *table, const meter_user_t *user)
{
    return table->places + user->word[1] % table->buckets * METER_WAYS;
}


static int
meter_is(const meter_place_t *place, const meter_user_t *user)
{
    return __atomic_load_n(&place->user.word[0], __ATOMIC_ACQUIRE)
               == user->word[0]
           && place->user.word[1] == user->word[1];
}


static meter_place_t *
meter_look(meter_t *table, const meter_user_t *user)
{
    int i;
    meter_place_t *place = meter_bucket(table, user);

    for (i = 0; i < METER_WAYS; i++, place++) {
        if (meter_is(place, user)) {
            return user->word[0] ? place : NULL;
        }
    }

    return NULL;
}


static void
meter_set_due(meter_t *table)
{
    if (!__atomic_load_n(&table->due, __ATOMIC_RELAXED)) {
        __atomic_store_n(&table->due, 1, __ATOMIC_RELEASE);
    }
}


int
meter_find(meter_t *table, const meter_user_t *user, int64_t now,
           meter_limits_t *limits)
{
    meter_place_t *place = meter_look(table, user);

    if (place == NULL) {
        return 0;
    }

    limits->over = __atomic_load_n(&place->limits.over, __ATOMIC_RELAXED);
    limits->streams = __atomic_load_n(&place->limits.streams, __ATOMIC_RELAXED);
    limits->free = __atomic_load_n(&place->limits.free, __ATOMIC_RELAXED);

    if (limits->over > now) {
        place->seen = (uint32_t) now;
        place->asked = 1;
        meter_set_due(table);

    } else {
        limits->over = 0;
    }

    return 1;
}


int
meter_add(meter_t *table, const meter_user_t *user, uint64_t bytes, int64_t now)
{
    meter_place_t *place = meter_look(table, user);

    if (place == NULL) {
        return 0;
    }

    place->seen = (uint32_t) now;
    (void) __atomic_fetch_add(&place->bytes, bytes, __ATOMIC_RELAXED);
    (void) __atomic_fetch_add(&table->counted, bytes, __ATOMIC_RELAXED);
    meter_set_due(table);

    return 1;
}


void
meter_lose(meter_t *table, uint64_t bytes)
{
    (void) __atomic_fetch_add(&table->lost, bytes, __ATOMIC_RELAXED);
}


int
meter_due(const meter_t *table)
{
    return table->under_way || __atomic_load_n(&table->due, __ATOMIC_ACQUIRE);
}


uint64_t
meter_counted(const meter_t *table)
{
    return __atomic_load_n(&table->counted, __ATOMIC_RELAXED);
}


uint64_t
meter_lost(const meter_t *table)
{
    return __atomic_load_n(&table->lost, __ATOMIC_RELAXED);
}


size_t
meter_used(const meter_t *table)
{
    size_t i, n, many = meter_capacity(table);

    for (n = 0, i = 0; i < many; i++) {
        n += table->places[i].user.word[0] != 0;
    }

    return n;
}


/* Whom nobody needs: of those who are not over the one who has not been seen
   for the longest time. */

static int
meter_goes_before(const meter_place_t *one, const meter_place_t *other)
{
    if ((one->limits.over != 0) != (other->limits.over != 0)) {
        return one->limits.over == 0;
    }

    return one->seen < other->seen;
}


int
meter_place(meter_t *table, const meter_user_t *user, int64_t now)
{
    int i;
    meter_place_t *place = meter_bucket(table, user), *found = NULL;

    if (user->word[0] == 0) {
        return -1;
    }

    if (meter_look(table, user)) {
        return 0;
    }

    for (i = 0; i < METER_WAYS; i++, place++) {
        if (place->user.word[0] == 0) {
            found = place;
            break;
        }

        if (place->bytes == 0 && !place->batch
            && (int64_t) place->seen + METER_CALM <= now
            && (found == NULL || meter_goes_before(place, found))) {
            found = place;
        }
    }

    if (found == NULL) {
        return -1;
    }

    __atomic_store_n(&found->user.word[0], 0, __ATOMIC_RELEASE);
    memset(found, 0, sizeof(meter_place_t));
    found->seen = (uint32_t) now;
    found->user.word[1] = user->word[1];
    __atomic_store_n(&found->user.word[0], user->word[0], __ATOMIC_RELEASE);

    return 0;
}


static void
meter_begin(meter_t *table, size_t max)
{
    size_t i, n, many = meter_capacity(table);
    meter_place_t *place = table->places;

    __atomic_store_n(&table->due, 0, __ATOMIC_RELEASE);

    for (n = 0, i = 0; i < many; i++, place++) {
        if (place->bytes == 0 && !place->asked) {
            continue;
        }

        if (n == max) {
            meter_set_due(table);
            break;
        }

        place->taken = __atomic_exchange_n(&place->bytes, 0, __ATOMIC_RELAXED);
        place->asked = 0;
        place->batch = 1;
        n++;
    }

    table->under_way = n > 0;
    table->number += n > 0;
}


size_t
meter_take(meter_t *table, meter_row_t *rows, size_t max, uint64_t *number)
{
    size_t i, n, many = meter_capacity(table);
    const meter_place_t *place = table->places;

    if (!table->under_way && meter_due(table)) {
        meter_begin(table, max);
    }

    *number = table->number;

    if (!table->under_way) {
        return 0;
    }

    for (n = 0, i = 0; i < many && n < max; i++, place++) {
        if (place->batch) {
            rows[n].user = place->user;
            rows[n++].bytes = place->taken;
        }
    }

    return n;
}


void
meter_told(meter_t *table, const meter_user_t *user,
           const meter_limits_t *limits)
{
    meter_place_t *place = meter_look(table, user);

    if (place) {
        __atomic_store_n(&place->limits.over, limits->over, __ATOMIC_RELAXED);
        __atomic_store_n(&place->limits.streams, limits->streams,
                         __ATOMIC_RELAXED);
        __atomic_store_n(&place->limits.free, limits->free, __ATOMIC_RELAXED);
    }
}


void
meter_done(meter_t *table, uint64_t number)
{
    size_t i, many = meter_capacity(table);

    if (number != table->number) {
        return;
    }

    for (i = 0; i < many; i++) {
        if (table->places[i].batch) {
            table->places[i].batch = 0;
            table->places[i].taken = 0;
        }
    }

    table->under_way = 0;
}
