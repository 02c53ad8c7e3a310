/*
 * A grant: a signed statement that whoever holds it may use one path, or all
 * below a prefix, until a time. This is where signed links are decided.
 */

#ifndef SLUICE_GRANT_H
#define SLUICE_GRANT_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include "core/base/status.h"
#include "core/jose/jwk.h"
#include "cidr.h"

/* Bytes of a claim, with a terminator. */
#define GRANT_PATH_MAX 1024
#define GRANT_JTI_MAX 64
#define GRANT_SUB_MAX 256
#define GRANT_SID_MAX 64
#define GRANT_FILENAME_MAX 256
#define GRANT_TYPE_MAX 128
#define GRANT_TEXT_MAX                                              \
    (GRANT_PATH_MAX + GRANT_JTI_MAX + GRANT_SUB_MAX + GRANT_SID_MAX \
     + GRANT_FILENAME_MAX + GRANT_TYPE_MAX)

#define GRANT_IP_MAX 8

/* What a double, and so every JSON library, holds exactly: RFC 8259, 6. */
#define GRANT_NUMBER_MAX ((int64_t) 1 << 53)

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

/* Limits that are there: 0 uses is a limit too. */
enum {
    GRANT_USES = 1 << 0,
    GRANT_BYTES = 1 << 1,
    GRANT_RATE = 1 << 2
};

/* Where a text claim lies in grant_t's text, terminated; len 0: none. */
typedef struct {
    uint16_t at, len;
} grant_span_t;

typedef struct {
    int64_t exp;       /* seconds since 1970; at this second it is over */
    int64_t nbf;       /* 0: from the beginning of time */
    int64_t iat;       /* 0: none */
    uint64_t uses;     /* with GRANT_USES; 0: opens nothing */
    uint64_t bytes;    /* of all bodies together, with GRANT_BYTES */
    uint64_t rate;     /* bytes per second, not 0, with GRANT_RATE */
    unsigned methods;  /* GET brings HEAD along */
    unsigned limits;   /* GRANT_USES, _BYTES, _RATE */
    unsigned ip_count; /* 0: from everywhere */
    int prefix;        /* the path ends in '/': everything below it */
    cidr_t ip[GRANT_IP_MAX];
    grant_span_t path, jti, sub, sid, filename, type;
    size_t text_len;           /* bytes of text in use */
    char text[GRANT_TEXT_MAX]; /* last: a copy takes grant_size() bytes */
} grant_t;

/* Bytes of a grant that are in use: a copy needs no more. */
#define grant_size(grant) (offsetof(grant_t, text) + (grant)->text_len)

/* A text claim, terminated; "" when there is none. The grant's own memory. */
const char *grant_text(const grant_t *grant, grant_span_t span);

/* The bits of a method's name: "GET" is GRANT_GET | GRANT_HEAD, as everywhere
   in grants; 0 for what is none. Names are case-sensitive (RFC 9110, 9.1). */
unsigned grant_method(const char *name, size_t len);

/* The name of one bit; "" for what is none. */
const char *grant_method_name(unsigned bit);

/*
 * Reads verified claims: SLUICE_OK, or SLUICE_GRANT_INVALID when `exp` or
 * `path` is missing or a claim is not as it must be:
 *
 *   exp nbf iat  numbers (RFC 7519, 2); a fraction is dropped
 *   path         at most 1023 bytes, normalized (RFC 3986, 5.2.4: starts with
 *                '/', no "." or ".." segment, no "//")
 *   jti sid      1 to 63 bytes without control characters, sub 1 to 255
 *   methods      an array of at least one of the names above
 *   ip           an address or range (cidr_parse()), or an array of 1 to 8
 *   uses bytes   0 to 2^53, whole
 *   rate         1 to 2^53, whole
 *   filename     1 to 255 bytes without control characters and '/'
 *   type         a media type (RFC 9110, 8.3.1) of at most 127 characters
 *   aud          must not be there: a grant is for whoever checks it, and what
 *                is meant for someone else may not be taken (RFC 7519, 4.1.3)
 *
 * Claims of other names are let be (RFC 7519, 4).
 */
sluice_status_t grant_parse(const json_t *claims, grant_t *grant);

/* Decides. `path` is normalized and without the in-path carrier, `method` one
   of GRANT_*, `address` the client's CIDR_SIZE bytes or NULL when it has no IP
   address, `now` seconds since 1970. SLUICE_OK, or the first that applies of
   SLUICE_GRANT_EXPIRED, _NOT_YET, _PATH, _METHOD and _ADDRESS. Limits and
   revocation are the caller's. */
sluice_status_t grant_decide(const grant_t *grant, const char *path,
                             size_t path_len, unsigned method,
                             const unsigned char *address, int64_t now);

/* What is signed. Only `path` and `exp` are needed: what is left at 0 or NULL
   is not written. Texts are terminated UTF-8. */
typedef struct {
    const char *path;
    size_t path_len;
    int64_t exp, nbf, iat;
    const char *jti, *sub, *sid, *filename, *type;
    unsigned methods; /* GRANT_*; 0: the default, GET */
    unsigned limits;  /* which of the next three are written */
    uint64_t uses, bytes, rate;
    const char *const *ip; /* addresses and ranges */
    size_t ip_count;
} grant_claims_t;

/* Signs with the nth HS256 key of the set (jwk_set_signer()). Returns a
   terminated token to free(), or NULL: no key, no memory, longer than a token
   may be, or claims that grant_parse() would refuse. Threads: as jwt_sign(). */
char *grant_sign(const jwk_set_t *keys, unsigned nth,
                 const grant_claims_t *claims);

#endif
