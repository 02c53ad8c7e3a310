/*
 * A grant: a signed statement that whoever holds it may use one path, or all
 * below a prefix, until a time. This is where signed links are decided.
 */

#ifndef SLUICE_GRANT_H
#define SLUICE_GRANT_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include "status.h"
#include "jwk.h"

#define GRANT_PATH_MAX 1024
#define GRANT_JTI_MAX 64

/* A set of HTTP methods. */
enum {
    GRANT_GET = 1 << 0,
    GRANT_HEAD = 1 << 1,
    GRANT_POST = 1 << 2,
    GRANT_PUT = 1 << 3,
    GRANT_PATCH = 1 << 4,
    GRANT_DELETE = 1 << 5,
    GRANT_OPTIONS = 1 << 6
};

typedef struct {
    int64_t exp;      /* seconds since 1970; at this second it is over */
    int64_t nbf;      /* 0: from the beginning of time */
    unsigned methods; /* GET brings HEAD along */
    int prefix;       /* the path ends in '/': everything below it */
    size_t path_len;
    char jti[GRANT_JTI_MAX];   /* terminated; empty when there is none */
    char path[GRANT_PATH_MAX]; /* terminated; last, see token_table.h */
} grant_t;

/* Reads verified claims. SLUICE_OK; SLUICE_GRANT_INVALID when `exp` or `path`
   is missing, a claim has the wrong type or size, the path is not normalized
   (RFC 3986, 5.2.4: starts with '/', no "." or ".." segment, no "//"), or the
   grant carries a restriction that this version cannot hold (`ip`, `uses`,
   `bytes`, `rate`, `sub`, `sid`, `aud`): what we cannot enforce does not
   open. `methods` is an array of at least one of the names above. */
sluice_status_t grant_parse(const json_t *claims, grant_t *grant);

/* Decides. `path` is normalized and without the in-path carrier, `method` one
   of GRANT_*, `now` seconds since 1970. SLUICE_OK, or SLUICE_GRANT_EXPIRED,
   _NOT_YET, _PATH or _METHOD. */
sluice_status_t grant_decide(const grant_t *grant, const char *path,
                             size_t path_len, unsigned method, int64_t now);

/* Signs a grant for `path` until `exp`; the rest takes its default. `jti` may
   be NULL. Returns a terminated token to free(), or NULL, also for a path or
   jti that grant_parse() would refuse. */
char *grant_sign(const jwk_set_t *keys, const char *path, size_t path_len,
                 int64_t exp, const char *jti);

#endif
