/*
 * Signed URLs that this process has seen to be good, each known by all of its
 * bytes. What is asked for most stays: a newer URL takes the place of one that
 * falls into the same slot. Only verified URLs are put in. One thread.
 */

#ifndef SLUICE_LINK_TABLE_H
#define SLUICE_LINK_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define LINK_TABLE_MAX 2048 /* bytes of a URL that is remembered */

typedef struct link_table_s link_table_t;

/* A table for `slots` URLs, rounded up to a power of two. NULL without
   memory. */
link_table_t *link_table_create(size_t slots);
void link_table_free(link_table_t *table);

/* 1 and when the URL is good, in seconds since 1970, if it was put in; else 0.
   All bytes are compared, in a time that does not tell where they differ. */
int link_table_find(const link_table_t *table, const char *url, size_t len,
                    int64_t *nbf, int64_t *exp);

/* Remembers a verified URL; one that is too long, or for which there is no
   memory, is not. */
void link_table_put(link_table_t *table, const char *url, size_t len,
                    int64_t nbf, int64_t exp);

#endif
