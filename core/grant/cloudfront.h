/*
 * CloudFront's signed URLs and signed cookies, as AWS documents them under
 * "Restrict content with signed URLs and signed cookies": a link that
 * CloudFront would open opens here. A canned policy binds one URL and an end;
 * a custom one comes along in the link, with wildcards, a beginning and an
 * address.
 *
 * cloudfront_query() or cookies -> cloudfront_parse() -> for a canned policy
 * cloudfront_canned() -> cloudfront_check() -> cloudfront_policy() ->
 * cloudfront_covers() -> cloudfront_grant() -> grant_decide().
 */

#ifndef SLUICE_CLOUDFRONT_H
#define SLUICE_CLOUDFRONT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <openssl/evp.h>
#include "core/base/status.h"
#include "core/jose/jwk.h"
#include "cidr.h"
#include "grant.h"

#define CLOUDFRONT_KEYS_MAX 32
#define CLOUDFRONT_ID_MAX 64
#define CLOUDFRONT_POLICY_MAX 2048   /* bytes of a custom policy */
#define CLOUDFRONT_SIGNATURE_MAX 512 /* bytes: RSA of 4096 bits */
#define CLOUDFRONT_URL_MAX 8192      /* as at CloudFront */
#define CLOUDFRONT_TEXT_MAX (CLOUDFRONT_URL_MAX + 128)
#define CLOUDFRONT_DIGEST_SIZE 32


/* keys */

typedef struct {
    char id[CLOUDFRONT_ID_MAX + 1];
    jwk_t *jwk;
} cloudfront_key_t;

typedef struct {
    size_t count;
    cloudfront_key_t key[CLOUDFRONT_KEYS_MAX];
} cloudfront_keys_t;

/* An empty set, or NULL without memory. */
cloudfront_keys_t *cloudfront_keys_create(void);

/* Adds a public key: `id` is what CloudFront calls Key-Pair-Id (1 to 64
   letters, digits, '-' and '_'), `pem` an RSA key of 2048 to 4096 bits or an
   EC key on P-256, see jwk_from_pem(). 0; -1 and a sentence in `err` when it is
   none of these, when the id is there already, or the set is full. */
int cloudfront_keys_add(cloudfront_keys_t *keys, const char *id,
                        const char *pem, size_t len, char *err,
                        size_t err_size);

/* NULL is fine. */
void cloudfront_keys_free(cloudfront_keys_t *keys);


/* what a request brings */

typedef enum {
    CLOUDFRONT_EXPIRES,
    CLOUDFRONT_POLICY,
    CLOUDFRONT_SIGNATURE,
    CLOUDFRONT_KEY_PAIR_ID,
    CLOUDFRONT_HASH_ALGORITHM,
    CLOUDFRONT_PARTS
} cloudfront_part_t;

typedef struct {
    const char *data; /* NULL: not there */
    size_t len;
} cloudfront_value_t;

typedef struct {
    cloudfront_value_t part[CLOUDFRONT_PARTS];
    int twice; /* a part came more than once: no such link opens */
} cloudfront_link_t;

/* "Expires", "Policy", …: of query parameters as they are, of cookies behind
   "CloudFront-". */
extern const char *const cloudfront_names[CLOUDFRONT_PARTS];

/* Finds the parts in a query; they point into it. 1 when it is a signed URL:
   it has a Signature or a Key-Pair-Id. */
int cloudfront_query(const char *query, size_t len, cloudfront_link_t *link);

/* Copies the query without CloudFront's parameters, in its order, to `dst`,
   which holds `len` bytes. Returns the length. */
size_t cloudfront_own_query(char *dst, const char *query, size_t len);

/* The URL that is signed: `origin`, then the request's target as it came over
   the wire, without CloudFront's parameters when `strip` is set. `dst` holds
   CLOUDFRONT_URL_MAX bytes. Returns the length, or -1 when the URL is longer,
   or has a '#', '"', backslash, blank or control character: nginx cuts at the
   first, and the others cannot stand in a policy as they are. */
ssize_t cloudfront_url(char *dst, const char *origin, size_t origin_len,
                       const char *target, size_t target_len, int strip);


/* deciding */

typedef struct {
    const cloudfront_key_t *key;
    const EVP_MD *md; /* SHA-1, or SHA-256 by Hash-Algorithm */
    int canned;
    int64_t exp;    /* DateLessThan: at this second it is over */
    int64_t nbf;    /* DateGreaterThan: from this second; or 0 */
    int restricted; /* by `ip` */
    cidr_t ip;
    cloudfront_value_t expires; /* canned: as it came */
    int everything;             /* a custom policy without a Resource */
    size_t resource_len, signature_len, text_len;
    unsigned char signature[CLOUDFRONT_SIGNATURE_MAX];
    char resource[CLOUDFRONT_POLICY_MAX];
    char text[CLOUDFRONT_TEXT_MAX]; /* what is signed */
} cloudfront_t;

/* Reads the form and finds the key; no cryptography yet. A Policy goes before
   an Expires. Base64 is the strict one of RFC 4648, 4 in CloudFront's alphabet
   ('-' for '+', '_' for '=', '~' for '/'), percent-encoded or not. SLUICE_OK
   or SLUICE_GRANT_INVALID. `cf` points into `link` and `keys`. */
sluice_status_t cloudfront_parse(const cloudfront_keys_t *keys,
                                 const cloudfront_link_t *link,
                                 cloudfront_t *cf);

/* Makes the text that a canned policy signs for this URL of at most
   CLOUDFRONT_URL_MAX bytes. A link that may be
   for one of several origins is tried with each. */
void cloudfront_canned(cloudfront_t *cf, const char *url, size_t len);

/* What stands for key, hash, text and signature in a cache of those that were
   verified. 0, or -1 without memory. */
int cloudfront_digest(const cloudfront_t *cf,
                      unsigned char digest[CLOUDFRONT_DIGEST_SIZE]);

/* 1 when the signature is the key's for the text, else 0. */
int cloudfront_check(const cloudfront_t *cf);

/* Reads what was signed; not before cloudfront_check(). A custom policy is
   strict JSON with one Statement, and of its members only those that AWS
   documents may be there: what we do not know we cannot hold. SLUICE_OK or
   SLUICE_GRANT_INVALID. */
sluice_status_t cloudfront_policy(cloudfront_t *cf);

/* 1 when it is for this URL, which is from cloudfront_url(); not before
   cloudfront_policy(). */
int cloudfront_covers(const cloudfront_t *cf, const char *url, size_t len);

/* What it opens, as grant_decide() takes it: GET, HEAD and OPTIONS, between its
   times, from `ip` unless that is NULL, of all paths when it covers what is
   asked for, else of none. */
void cloudfront_grant(int64_t nbf, int64_t exp, const cidr_t *ip, int covered,
                      grant_t *grant);

/* 1 when the Resource matches the URL: '*' is any text, '?' any character.
   Both may stand anywhere, also for a "?"; but a '*' that something follows
   does not reach from the path into the query, where the client can write what
   it likes: "*.jpg" is not for "film.mp4?.jpg". Time grows with the length of
   the URL, times that of the pattern behind its first wildcard over 64. */
int cloudfront_match(const char *pattern, size_t len, const char *url,
                     size_t url_len);

#endif
