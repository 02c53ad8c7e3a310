/*
 * Tokens whose signature this process has seen to be good, with their claims
 * read: the second use of a token costs a lookup instead of a verification.
 *
 * A token is found by the first eight bytes of its signature, which only the
 * holder of the signing key can choose, and confirmed by comparing all of it,
 * the signature in constant time. Only verified tokens are put in, so a
 * stranger's tokens never push anything out. One process, one thread.
 */

#ifndef SLUICE_TOKEN_TABLE_H
#define SLUICE_TOKEN_TABLE_H

#include <stddef.h>
#include "core/grant/access.h"
#include "core/grant/grant.h"
#include "meter.h"

typedef enum {
    TOKEN_GRANT,    /* HS256, typ grant+jwt */
    TOKEN_ACCESS,   /* ours or another issuer's, of the client (RFC 9068) */
    TOKEN_BALANCED, /* of a load balancer, in a header of its own */
    TOKEN_KEY       /* of a service account: core/grant/service_key.h */
} token_kind_t;

#define TOKEN_TABLE_MAX 2048 /* characters of a token that is remembered */

typedef struct {
    token_kind_t kind;
    uint64_t revocations; /* the generation it was last looked up in; the
                             caller's, 0 at first */
    int64_t used;         /* when that was written down; the caller's, 0 at
                             first */
    int payer_read;       /* 1 when `payer` was; the caller's, 0 at first */
    meter_user_t payer;   /* for whom counts what it opens; zeroes: nobody; the
                             caller's */
    uint64_t issuers;     /* a foreign token: the generation of key sets that
                             it was verified with */
    union {
        grant_t grant;
        access_t access;
    } u;
} token_t;

typedef struct token_table_s token_table_t;

/* A table for `places` tokens (rounded up to a power of two, 2^24 at most), all
   memory bounded by that: 16 bytes a place, and for each token in it its length
   plus some 400 bytes. NULL without memory. */
token_table_t *token_table_create(size_t places);
void token_table_free(token_table_t *table);

/* The claims of a token put in before, or NULL. The pointer holds until the
   next token_table_put(), and what the caller notes in it stays. The memory
   behind it ends with the grant's text, so read members and never copy the
   whole struct. Expiry is not looked at: decide each time. */
token_t *token_table_find(token_table_t *table, token_kind_t kind,
                          const char *token, size_t len);

/* Remembers a verified token; in a full set the one that expires first makes
   room. A token over TOKEN_TABLE_MAX characters is not remembered. Returns the
   table's copy, under the terms of token_table_find(), or NULL without
   memory. */
token_t *token_table_put(token_table_t *table, const char *token, size_t len,
                         const token_t *claims);

#endif
