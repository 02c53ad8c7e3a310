/*
 * Signed URLs that this process has seen to be good, each known by all of its
 * bytes. What is asked for most stays: a newer URL drives out the one that
 * lies where it belongs. Only verified URLs are put in. One thread.
 */

#ifndef SLUICE_URL_CACHE_H
#define SLUICE_URL_CACHE_H

#include <stddef.h>
#include <stdint.h>

#define URL_CACHE_MAX 2048 /* bytes of a URL that is remembered */

typedef struct url_cache_s url_cache_t;

/* A cache for `places` URLs, rounded up to a power of two. NULL without
   memory. */
url_cache_t *url_cache_create(size_t places);
void url_cache_free(url_cache_t *cache);

/* 1 and when the URL is good, in seconds since 1970, if it was put in; else 0.
   All bytes are compared, in a time that does not tell where they differ. */
int url_cache_find(const url_cache_t *cache, const char *url, size_t len,
                   int64_t *nbf, int64_t *exp);

/* Remembers a verified URL; one that is too long, or for which there is no
   memory, is not. */
void url_cache_put(url_cache_t *cache, const char *url, size_t len, int64_t nbf,
                   int64_t exp);

#endif
