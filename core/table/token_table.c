#define _GNU_SOURCE /* memrchr */
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "core/grant/service_key.h"
#include "token_table.h"

#define WAYS 4
#define PLACES_MAX ((size_t) 1 << 24)

#define CACHE_LINE 64

/* 2^64 / golden ratio: Knuth, TAOCP 6.4, multiplicative hashing. */
#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* One piece of memory: this, the used part of the claims, the token. */
typedef struct {
    int64_t exp;
    size_t len;
    const char *text;
    token_t claims;
} entry_t;

/* One cache line: a miss costs no more than that. */
typedef struct {
    uint64_t tags[WAYS];
    entry_t *entries[WAYS];
} set_t;

struct token_table_s {
    set_t *sets;
    uint64_t mask;
    token_t unremembered;
};


token_table_t *
token_table_create(size_t places)
{
    token_table_t *table;
    size_t count;

    if (places > PLACES_MAX) {
        return NULL;
    }

    for (count = 1; count * WAYS < places; count *= 2) {
        /* void */
    }

    table = malloc(sizeof(token_table_t));
    if (table == NULL) {
        return NULL;
    }

    table->mask = count - 1;
    table->sets = aligned_alloc(CACHE_LINE, count * sizeof(set_t));

    if (table->sets == NULL) {
        free(table);
        return NULL;
    }

    memset(table->sets, 0, count * sizeof(set_t));

    return table;
}


static void
forget(entry_t *entry)
{
    if (entry != NULL) {
        /* a token opens doors until it expires */
        OPENSSL_cleanse((char *) entry->text, entry->len);
        free(entry);
    }
}


void
token_table_free(token_table_t *table)
{
    uint64_t i;
    int way;

    if (table == NULL) {
        return;
    }

    for (i = 0; i <= table->mask; i++) {
        for (way = 0; way < WAYS; way++) {
            forget(table->sets[i].entries[way]);
        }
    }

    free(table->sets);
    free(table);
}


/* Where the signature starts; 0 for what is too long, or has none that is as
   long as a tag. */
static size_t
signature_start(token_kind_t kind, const char *token, size_t len)
{
    const char *dot;
    size_t start;

    if (kind == TOKEN_KEY) {
        return (len == SERVICE_KEY_LEN) ? SERVICE_KEY_SIGNATURE : 0;
    }

    dot = (len <= TOKEN_TABLE_MAX) ? memrchr(token, '.', len) : NULL;
    if (dot == NULL) {
        return 0;
    }

    start = (size_t) (dot - token) + 1;

    return (len - start >= sizeof(uint64_t)) ? start : 0;
}


static uint64_t
read_tag(const char *signature)
{
    uint64_t tag;

    memcpy(&tag, signature, sizeof(tag));

    return tag;
}


static set_t *
find_set(const token_table_t *table, uint64_t tag)
{
    return &table->sets[(tag * GOLDEN >> 32) & table->mask];
}


/* As CRYPTO_memcmp(), which goes by bytes, by words: a signature is compared on
   each request. The time does not tell where two differ. `len` is at least a
   word's; the last one may overlap the one before. */
static uint64_t
differ(const char *a, const char *b, size_t len)
{
    uint64_t x, y, sum;
    size_t i;

    for (i = 0, sum = 0; i < len; i += sizeof(x)) {
        if (len - i < sizeof(x)) {
            i = len - sizeof(x);
        }

        memcpy(&x, a + i, sizeof(x));
        memcpy(&y, b + i, sizeof(y));
        sum |= x ^ y;
    }

    return sum;
}


static int
find_way(const set_t *set, uint64_t tag, token_kind_t kind, const char *token,
         size_t len, size_t start)
{
    const entry_t *entry;
    int way;

    for (way = 0; way < WAYS; way++) {
        entry = set->entries[way];

        if (set->tags[way] == tag && entry != NULL && entry->len == len
            && entry->claims.kind == kind
            && memcmp(entry->text, token, start) == 0
            && differ(entry->text + start, token + start, len - start) == 0) {
            return way;
        }
    }

    return -1;
}


token_t *
token_table_find(token_table_t *table, token_kind_t kind, const char *token,
                 size_t len)
{
    set_t *set;
    uint64_t tag;
    size_t start;
    int way;

    start = signature_start(kind, token, len);
    if (start == 0) {
        return NULL;
    }

    tag = read_tag(token + start);
    set = find_set(table, tag);
    way = find_way(set, tag, kind, token, len, start);

    return (way != -1) ? &set->entries[way]->claims : NULL;
}


static size_t
claims_size(const token_t *claims)
{
    return (claims->kind == TOKEN_GRANT)
               ? offsetof(token_t, u) + grant_size(&claims->u.grant)
               : offsetof(token_t, u) + sizeof(access_t);
}


static entry_t *
make_entry(const char *token, size_t len, const token_t *claims)
{
    entry_t *entry;
    size_t size;
    char *text;

    size = claims_size(claims);

    entry = malloc(offsetof(entry_t, claims) + size + len);
    if (entry == NULL) {
        return NULL;
    }

    text = (char *) entry + offsetof(entry_t, claims) + size;

    memcpy((char *) entry + offsetof(entry_t, claims), claims, size);
    memcpy(text, token, len);

    entry->exp = (claims->kind == TOKEN_GRANT) ? claims->u.grant.exp
                                               : claims->u.access.exp;
    entry->len = len;
    entry->text = text;

    return entry;
}


/* A free way, or that of the entry that expires first. */
static int
choose_way(const set_t *set)
{
    int way, first;

    for (way = 0, first = 0; way < WAYS; way++) {
        if (set->entries[way] == NULL) {
            return way;
        }

        if (set->entries[way]->exp < set->entries[first]->exp) {
            first = way;
        }
    }

    return first;
}


token_t *
token_table_put(token_table_t *table, const char *token, size_t len,
                const token_t *claims)
{
    uint64_t tag;
    entry_t *entry;
    set_t *set;
    size_t start;
    int way;

    start = signature_start(claims->kind, token, len);
    if (start == 0) {
        memmove(&table->unremembered, claims, claims_size(claims));
        return &table->unremembered;
    }

    entry = make_entry(token, len, claims);
    if (entry == NULL) {
        return NULL;
    }

    tag = read_tag(token + start);
    set = find_set(table, tag);
    way = find_way(set, tag, claims->kind, token, len, start);

    if (way == -1) {
        way = choose_way(set);
    }

    forget(set->entries[way]);
    set->tags[way] = tag;
    set->entries[way] = entry;

    return &entry->claims;
}
