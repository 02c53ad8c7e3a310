#include <string.h>
#include "budget.h"
#include "flat_table.h"

#define MAGIC UINT64_C(0x746567647562) /* "budget" */
#define VERSION 2

/* The part of the memory that notes owners of whom not all is known: places of
   a time each. An owner has two of them, and is noted when both are. */
#define NOTES_PART 32
#define NOTES_EACH 2

#define ID 0 /* kinds of hashes */
#define OWNER 1

/* Whose those are that were used up elsewhere. */
#define ELSEWHERE UINT64_MAX

struct budget_s {
    uint64_t magic;
    uint64_t version;
    uint64_t overflowed;
    uint64_t notes;
    flat_table_t places;
    int64_t note[]; /* until when; the places behind them */
};

typedef struct {
    flat_table_place_t place;
    uint64_t owner;
    uint64_t used;
    uint64_t spent;
} entry_t;

/* Who has how many of the places that a link could have. */
typedef struct {
    entry_t *entry[2 * FLAT_TABLE_WAYS];
    size_t count;
} crowd_t;


size_t
budget_init(void *mem, size_t size, const unsigned char key[SIPHASH_KEY_SIZE])
{
    budget_t *table = mem;
    size_t notes, head;

    notes = size / NOTES_PART / sizeof(int64_t);
    head = sizeof(budget_t) + notes * sizeof(int64_t);

    if (notes == 0 || head >= size) {
        return 0;
    }

    memset(table, 0, head);

    table->magic = MAGIC;
    table->version = VERSION;
    table->notes = notes;

    return flat_table_init(&table->places, head - offsetof(budget_t, places),
                           size - head, sizeof(entry_t), key);
}


int
budget_valid(const void *mem)
{
    const budget_t *table = mem;

    return table->magic == MAGIC && table->version == VERSION;
}


/* owners of whom not all is known */

static uint64_t
owner_hash(const budget_t *table, const budget_link_t *link)
{
    uint64_t hash[2];

    flat_table_hash(&table->places, OWNER, link->owner ? link->owner : "",
                    link->owner ? link->owner_len : 0, hash);

    return hash[0];
}


static int64_t *
note_of(budget_t *table, uint64_t owner, unsigned i)
{
    return &table->note[(uint32_t) (owner >> 32 * i) % table->notes];
}


static void
note(budget_t *table, uint64_t owner, int64_t exp)
{
    int64_t *until;
    unsigned i;

    for (i = 0; i < NOTES_EACH; i++) {
        until = note_of(table, owner, i);

        if (exp > *until) {
            *until = exp;
        }
    }

    __atomic_add_fetch(&table->overflowed, 1, __ATOMIC_RELAXED);
}


static int
is_noted(budget_t *table, uint64_t owner, int64_t now)
{
    return now < *note_of(table, owner, 0) && now < *note_of(table, owner, 1);
}


/* places */

static void
join(void *place, void *data)
{
    crowd_t *crowd = data;

    crowd->entry[crowd->count++] = place;
}


static size_t
share_of(const crowd_t *crowd, uint64_t owner)
{
    size_t i, n;

    for (i = 0, n = 0; i < crowd->count; i++) {
        n += crowd->entry[i]->owner == owner;
    }

    return n;
}


/* Of the owner who has most of the places, if that is more than `owner` would
   have with one more: the link that is over first. */
static entry_t *
find_loser(const crowd_t *crowd, uint64_t owner)
{
    entry_t *entry, *loser = NULL;
    size_t i, share, most;

    most = share_of(crowd, owner) + 1;

    for (i = 0; i < crowd->count; i++) {
        entry = crowd->entry[i];
        share = share_of(crowd, entry->owner);

        if (share > most
            || (loser != NULL && entry->owner == loser->owner
                && entry->place.exp < loser->place.exp)) {
            most = share;
            loser = entry;
        }
    }

    return loser;
}


/* A place, taken from somebody where none is free; NULL when there is none for
   this owner. */
static entry_t *
make(budget_t *table, const uint64_t hash[2], uint64_t owner, int64_t exp,
     int64_t now)
{
    crowd_t crowd = { .count = 0 };
    entry_t *entry, *loser;

    entry = flat_table_vacant(&table->places, hash, now);

    if (entry == NULL) {
        flat_table_visit(&table->places, hash, now, join, &crowd);
        loser = find_loser(&crowd, owner);

        if (loser == NULL) {
            return NULL;
        }

        note(table, loser->owner, loser->place.exp);
        flat_table_drop(loser);

        entry = flat_table_vacant(&table->places, hash, now);
    }

    entry->owner = owner;
    flat_table_take(entry, hash, exp);

    return entry;
}


uint64_t
budget_take(budget_t *table, const budget_link_t *link, uint64_t want,
            uint64_t limit, int64_t now)
{
    uint64_t hash[2], owner, left;
    entry_t *entry;

    flat_table_hash(&table->places, ID, link->id, link->len, hash);
    entry = flat_table_find(&table->places, hash, now);

    if (entry != NULL) {
        (void) flat_table_prolong(entry, link->exp);

    } else {
        owner = owner_hash(table, link);
        entry = is_noted(table, owner, now)
                    ? NULL
                    : make(table, hash, owner, link->exp, now);

        if (entry == NULL) {
            return BUDGET_NO_ROOM;
        }
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
budget_pass(budget_t *table, const budget_link_t *link)
{
    note(table, owner_hash(table, link), link->exp);
}


void
budget_give(budget_t *table, const void *id, size_t len, uint64_t amount)
{
    uint64_t hash[2];
    entry_t *entry;

    /* in a place that has expired meanwhile it changes nothing */
    flat_table_hash(&table->places, ID, id, len, hash);
    entry = flat_table_find(&table->places, hash, 0);

    if (entry != NULL) {
        entry->used -= (amount < entry->used) ? amount : entry->used;
    }
}


void
budget_spend(budget_t *table, const void *id, size_t len, int64_t exp,
             int64_t now)
{
    uint64_t hash[2];
    entry_t *entry;

    flat_table_hash(&table->places, ID, id, len, hash);
    entry = flat_table_find(&table->places, hash, now);

    if (entry != NULL) {
        (void) flat_table_prolong(entry, exp);

    } else {
        entry = flat_table_vacant(&table->places, hash, now);

        if (entry == NULL) {
            return;
        }

        entry->owner = ELSEWHERE;
        flat_table_take(entry, hash, exp);
    }

    entry->spent = 1;
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


uint64_t
budget_overflowed(const budget_t *table)
{
    return __atomic_load_n(&table->overflowed, __ATOMIC_RELAXED);
}
