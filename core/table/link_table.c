#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "link_table.h"

#define SLOTS_MAX ((size_t) 1 << 20)

/* Bytes at the end of a URL that choose its slot: a signature, or what follows
   it, stands there. */
#define TAIL 128

/* FNV-1a, 64 bits: draft-eastlake-fnv, 5. */
#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

typedef struct {
    int64_t nbf, exp;
    size_t len;
    char url[];
} entry_t;

struct link_table_s {
    size_t mask;
    entry_t *entries[];
};


link_table_t *
link_table_create(size_t slots)
{
    link_table_t *table;
    size_t count;

    if (slots > SLOTS_MAX) {
        return NULL;
    }

    for (count = 1; count < slots; count *= 2) {
        /* void */
    }

    table = calloc(1, sizeof(link_table_t) + count * sizeof(entry_t *));
    if (table != NULL) {
        table->mask = count - 1;
    }

    return table;
}


static void
forget(entry_t *entry)
{
    if (entry != NULL) {
        /* it opens doors until it expires */
        OPENSSL_cleanse(entry->url, entry->len);
        free(entry);
    }
}


void
link_table_free(link_table_t *table)
{
    size_t i;

    if (table == NULL) {
        return;
    }

    for (i = 0; i <= table->mask; i++) {
        forget(table->entries[i]);
    }

    free(table);
}


static size_t
slot(const link_table_t *table, const char *url, size_t len)
{
    uint64_t hash = FNV_BASIS;
    size_t i;

    for (i = (len > TAIL) ? len - TAIL : 0; i < len; i++) {
        hash = (hash ^ (unsigned char) url[i]) * FNV_PRIME;
    }

    return (size_t) (hash ^ hash >> 32) & table->mask;
}


int
link_table_find(const link_table_t *table, const char *url, size_t len,
                int64_t *nbf, int64_t *exp)
{
    const entry_t *entry;

    if (len > LINK_TABLE_MAX) {
        return 0;
    }

    entry = table->entries[slot(table, url, len)];

    if (entry == NULL || entry->len != len
        || CRYPTO_memcmp(entry->url, url, len) != 0) {
        return 0;
    }

    *nbf = entry->nbf;
    *exp = entry->exp;

    return 1;
}


void
link_table_put(link_table_t *table, const char *url, size_t len, int64_t nbf,
               int64_t exp)
{
    entry_t *entry, **place;

    if (len > LINK_TABLE_MAX) {
        return;
    }

    entry = malloc(sizeof(entry_t) + len);
    if (entry == NULL) {
        return;
    }

    entry->nbf = nbf;
    entry->exp = exp;
    entry->len = len;
    memcpy(entry->url, url, len);

    place = &table->entries[slot(table, url, len)];
    forget(*place);
    *place = entry;
}
