#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "url_cache.h"

#define PLACES_MAX ((size_t) 1 << 20)

/* Bytes at the end of a URL that choose its place: a signature, or what follows
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

struct url_cache_s {
    size_t mask;
    entry_t *entries[];
};


url_cache_t *
url_cache_create(size_t places)
{
    url_cache_t *cache;
    size_t count;

    if (places > PLACES_MAX) {
        return NULL;
    }

    for (count = 1; count < places; count *= 2) {
        /* void */
    }

    cache = calloc(1, sizeof(url_cache_t) + count * sizeof(entry_t *));
    if (cache != NULL) {
        cache->mask = count - 1;
    }

    return cache;
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
url_cache_free(url_cache_t *cache)
{
    size_t i;

    if (cache == NULL) {
        return;
    }

    for (i = 0; i <= cache->mask; i++) {
        forget(cache->entries[i]);
    }

    free(cache);
}


static size_t
place_of(const url_cache_t *cache, const char *url, size_t len)
{
    uint64_t hash = FNV_BASIS;
    size_t i;

    for (i = (len > TAIL) ? len - TAIL : 0; i < len; i++) {
        hash = (hash ^ (unsigned char) url[i]) * FNV_PRIME;
    }

    return (size_t) (hash ^ hash >> 32) & cache->mask;
}


int
url_cache_find(const url_cache_t *cache, const char *url, size_t len,
               int64_t *nbf, int64_t *exp)
{
    const entry_t *entry;

    if (len > URL_CACHE_MAX) {
        return 0;
    }

    entry = cache->entries[place_of(cache, url, len)];

    if (entry == NULL || entry->len != len
        || CRYPTO_memcmp(entry->url, url, len) != 0) {
        return 0;
    }

    *nbf = entry->nbf;
    *exp = entry->exp;

    return 1;
}


void
url_cache_put(url_cache_t *cache, const char *url, size_t len, int64_t nbf,
              int64_t exp)
{
    entry_t *entry, **place;

    if (len > URL_CACHE_MAX) {
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

    place = &cache->entries[place_of(cache, url, len)];
    forget(*place);
    *place = entry;
}
