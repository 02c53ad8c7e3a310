#include <string.h>
#include <openssl/crypto.h>
#include "verified.h"

#define MAGIC UINT64_C(0x6465696669726576) /* "verified" */
#define VERSION 1
#define WAYS 4

typedef struct {
    int64_t exp;   /* taken while now < exp */
    uint64_t turn; /* the higher, the later it was put in */
    unsigned char digest[VERIFIED_DIGEST_SIZE];
} entry_t;

typedef struct {
    entry_t entries[WAYS];
} set_t;

struct verified_s {
    uint64_t magic;
    uint64_t version;
    uint64_t turn;
    uint64_t count;
    set_t sets[];
};


size_t
verified_init(void *mem, size_t size)
{
    verified_t *table = mem;

    if (size < sizeof(verified_t) + sizeof(set_t)) {
        return 0;
    }

    memset(table, 0, size);

    table->magic = MAGIC;
    table->version = VERSION;
    table->count = (size - sizeof(verified_t)) / sizeof(set_t);

    return (size_t) table->count * WAYS;
}


int
verified_valid(const void *mem)
{
    const verified_t *table = mem;

    return table->magic == MAGIC && table->version == VERSION;
}


/* A digest is as good as random. */
static uint64_t
set_of(const verified_t *table, const unsigned char *digest)
{
    uint64_t word;

    memcpy(&word, digest, sizeof(word));

    return word % table->count;
}


static int
is(const entry_t *entry, const unsigned char *digest)
{
    return CRYPTO_memcmp(entry->digest, digest, VERIFIED_DIGEST_SIZE) == 0;
}


int
verified_find(const verified_t *table,
              const unsigned char digest[VERIFIED_DIGEST_SIZE], int64_t now)
{
    const set_t *set;
    int way;

    set = &table->sets[set_of(table, digest)];

    for (way = 0; way < WAYS; way++) {
        if (now < set->entries[way].exp && is(&set->entries[way], digest)) {
            return 1;
        }
    }

    return 0;
}


/* That of the digest, or one that has expired, or the oldest. */
static entry_t *
choose(set_t *set, const unsigned char *digest, int64_t now)
{
    entry_t *entry, *chosen;
    int way;

    chosen = &set->entries[0];

    for (way = 0; way < WAYS; way++) {
        entry = &set->entries[way];

        if (is(entry, digest)) {
            return entry;
        }

        if (now >= chosen->exp) {
            continue;
        }

        if (now >= entry->exp || entry->turn < chosen->turn) {
            chosen = entry;
        }
    }

    return chosen;
}


void
verified_put(verified_t *table,
             const unsigned char digest[VERIFIED_DIGEST_SIZE], int64_t exp,
             int64_t now)
{
    entry_t *entry;

    if (now >= exp) {
        return;
    }

    entry = choose(&table->sets[set_of(table, digest)], digest, now);

    /* a process may die here: half an entry must not be found */
    __atomic_store_n(&entry->exp, 0, __ATOMIC_RELEASE);

    entry->turn = ++table->turn;
    memcpy(entry->digest, digest, VERIFIED_DIGEST_SIZE);
    __atomic_store_n(&entry->exp, exp, __ATOMIC_RELEASE);
}
