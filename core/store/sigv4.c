#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "core/base/sha256.h"
#include "sigv4.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define SERVICE "s3"
#define DAY 8           /* characters of a date without its time */
#define SIGNING_MAX 512 /* bytes of what is signed at last */
#define URL_PAIRS 6     /* that a signed URL adds to a query */

/* What is sorted, and hashed or written as it is encoded. */
typedef struct {
    const sigv4_pair_t *pair[SIGV4_PAIRS_MAX + URL_PAIRS];
    size_t count;
} pairs_t;

/* Where text goes: into a digest, a buffer, or both. */
typedef struct {
    sha256_t *sha;
    char *out;
    size_t len, size;
    int full;
} sink_t;


void
sigv4_date(time_t now, char date[SIGV4_DATE_SIZE])
{
    struct tm tm;

    gmtime_r(&now, &tm);
    strftime(date, SIGV4_DATE_SIZE, "%Y%m%dT%H%M%SZ", &tm);
}


static void
put(sink_t *sink, const char *bytes, size_t len)
{
    if (sink->sha) {
        sha256_update(sink->sha, bytes, len);
    }

    if (sink->out == NULL) {
        return;
    }

    if (sink->full || len >= sink->size - sink->len) {
        sink->full = 1;
        return;
    }

    memcpy(sink->out + sink->len, bytes, len);
    sink->len += len;
    sink->out[sink->len] = '\0';
}


static void
put_text(sink_t *sink, const char *text)
{
    put(sink, text, strlen(text));
}


static void
put_encoded(sink_t *sink, const char *text, int path)
{
    static const char hex[] = "0123456789ABCDEF";
    const unsigned char *p;
    char escape[3];

    for (p = (const unsigned char *) text; *p; p++) {
        if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')
            || (*p >= '0' && *p <= '9') || strchr("-._~", *p)
            || (path && *p == '/')) {
            put(sink, (const char *) p, 1);
            continue;
        }

        escape[0] = '%';
        escape[1] = hex[*p >> 4];
        escape[2] = hex[*p & 15];
        put(sink, escape, sizeof(escape));
    }
}


size_t
sigv4_encode(const char *text, int path, char *out, size_t size)
{
    sink_t sink = { .out = out, .size = size };

    put_encoded(&sink, text, path);
    return sink.full ? 0 : sink.len;
}


/* Adds them in the order of their names. 0, or -1: too many. */
static int
pairs_add(pairs_t *pairs, const sigv4_pair_t *pair, size_t count)
{
    size_t i, at;

    if (count > SIGV4_PAIRS_MAX
        || pairs->count + count > sizeof(pairs->pair) / sizeof(*pairs->pair)) {
        return -1;
    }

    for (i = 0; i < count; i++) {
        for (at = pairs->count;
             at > 0 && strcmp(pairs->pair[at - 1]->name, pair[i].name) > 0;
             at--) {
            pairs->pair[at] = pairs->pair[at - 1];
        }

        pairs->pair[at] = &pair[i];
        pairs->count++;
    }

    return 0;
}


static void
put_query(sink_t *sink, const pairs_t *query)
{
    size_t i;

    for (i = 0; i < query->count; i++) {
        put(sink, "&", i > 0);
        put_encoded(sink, query->pair[i]->name, 0);
        put(sink, "=", 1);
        put_encoded(sink, query->pair[i]->value, 0);
    }
}


/* "host;x-amz-date" */
static void
put_names(sink_t *sink, const pairs_t *headers)
{
    size_t i;

    for (i = 0; i < headers->count; i++) {
        put(sink, ";", i > 0);
        put_text(sink, headers->pair[i]->name);
    }
}


/*
 * The canonical request, hashed as it is written:
 *
 *     method \n path \n query \n (name:value \n)… \n names \n payload
 */
static void
canonical(const sigv4_request_t *request, const pairs_t *query,
          const pairs_t *headers, const char *payload,
          char hex[SHA256_HEX_SIZE])
{
    sha256_t sha;
    sink_t sink = { .sha = &sha };
    unsigned char digest[SHA256_SIZE];
    size_t i;

    sha256_init(&sha);
    put_text(&sink, request->method);
    put(&sink, "\n", 1);
    put_encoded(&sink, request->path, 1);
    put(&sink, "\n", 1);
    put_query(&sink, query);
    put(&sink, "\n", 1);

    for (i = 0; i < headers->count; i++) {
        put_text(&sink, headers->pair[i]->name);
        put(&sink, ":", 1);
        put_text(&sink, headers->pair[i]->value);
        put(&sink, "\n", 1);
    }

    put(&sink, "\n", 1);
    put_names(&sink, headers);
    put(&sink, "\n", 1);
    put_text(&sink, payload);

    sha256_digest(&sha, digest);
    sha256_hex(digest, hex);
}


/* The key of a day, a region and a service; then the signature of a text. */
static int
sign(const sigv4_signer_t *signer, const char *date, const char *text,
     char hex[SHA256_HEX_SIZE])
{
    const char *const step[] = { date, signer->region, SERVICE, "aws4_request",
                                 text };
    char secret[256];
    unsigned char key[SHA256_SIZE];
    const unsigned char *with = (const unsigned char *) secret;
    int with_len;
    size_t i, len;

    with_len = snprintf(secret, sizeof(secret), "AWS4%s", signer->secret);
    if (with_len < 0 || (size_t) with_len >= sizeof(secret)) {
        return -1;
    }

    for (i = 0; i < sizeof(step) / sizeof(*step); i++) {
        len = i == 0 ? DAY : strlen(step[i]);
        HMAC(EVP_sha256(), with, with_len, (const unsigned char *) step[i], len,
             key, NULL);
        with = key;
        with_len = sizeof(key);
    }

    sha256_hex(key, hex);
    OPENSSL_cleanse(secret, sizeof(secret));
    OPENSSL_cleanse(key, sizeof(key));
    return 0;
}


/* "<date>/<region>/s3/aws4_request", whose day is the date's. */
static void
put_scope(sink_t *sink, const sigv4_signer_t *signer, const char *date)
{
    put(sink, date, DAY);
    put(sink, "/", 1);
    put_text(sink, signer->region);
    put_text(sink, "/" SERVICE "/aws4_request");
}


/* Signs what was hashed: algorithm \n date \n scope \n hash. */
static int
signature(const sigv4_signer_t *signer, const char *date,
          const char hash[SHA256_HEX_SIZE], char hex[SHA256_HEX_SIZE])
{
    char text[SIGNING_MAX];
    sink_t sink = { .out = text, .size = sizeof(text) };

    put_text(&sink, ALGORITHM "\n");
    put_text(&sink, date);
    put(&sink, "\n", 1);
    put_scope(&sink, signer, date);
    put(&sink, "\n", 1);
    put_text(&sink, hash);

    return sink.full ? -1 : sign(signer, date, text, hex);
}


int
sigv4_authorization(const sigv4_signer_t *signer,
                    const sigv4_request_t *request, char *out, size_t size)
{
    sink_t sink = { .out = out, .size = size };
    pairs_t query = { .count = 0 }, headers = { .count = 0 };
    char date[SIGV4_DATE_SIZE], hex[SHA256_HEX_SIZE];

    if (pairs_add(&query, request->query, request->queries) != 0
        || pairs_add(&headers, request->headers, request->headers_count) != 0) {
        return -1;
    }

    sigv4_date(signer->now, date);
    canonical(request, &query, &headers, request->payload, hex);

    if (signature(signer, date, hex, hex) != 0) {
        return -1;
    }

    put_text(&sink, ALGORITHM " Credential=");
    put_text(&sink, signer->id);
    put(&sink, "/", 1);
    put_scope(&sink, signer, date);
    put_text(&sink, ",SignedHeaders=");
    put_names(&sink, &headers);
    put_text(&sink, ",Signature=");
    put_text(&sink, hex);

    return sink.full ? -1 : 0;
}


int
sigv4_url(const sigv4_signer_t *signer, const sigv4_request_t *request,
          unsigned seconds, char *out, size_t size)
{
    char date[SIGV4_DATE_SIZE], hex[SHA256_HEX_SIZE], lives[16];
    char credential[SIGNING_MAX], names[SIGNING_MAX];
    sink_t sink = { .out = out, .size = size };
    sink_t who = { .out = credential, .size = sizeof(credential) };
    sink_t what = { .out = names, .size = sizeof(names) };
    pairs_t query = { .count = 0 }, headers = { .count = 0 };
    const sigv4_pair_t signs[URL_PAIRS] = {
        { "X-Amz-Algorithm", ALGORITHM },
        { "X-Amz-Credential", credential },
        { "X-Amz-Date", date },
        { "X-Amz-Expires", lives },
        { "X-Amz-SignedHeaders", names },
        { "X-Amz-Security-Token", signer->token },
    };

    if (seconds < 1 || seconds > SIGV4_SECONDS_MAX
        || pairs_add(&query, request->query, request->queries) != 0
        || pairs_add(&query, signs, signer->token ? URL_PAIRS : URL_PAIRS - 1)
               != 0
        || pairs_add(&headers, request->headers, request->headers_count) != 0) {
        return -1;
    }

    sigv4_date(signer->now, date);
    snprintf(lives, sizeof(lives), "%u", seconds);
    put_text(&who, signer->id);
    put(&who, "/", 1);
    put_scope(&who, signer, date);
    put_names(&what, &headers);

    canonical(request, &query, &headers, SIGV4_UNSIGNED, hex);

    if (who.full || what.full || signature(signer, date, hex, hex) != 0) {
        return -1;
    }

    put_encoded(&sink, request->path, 1);
    put(&sink, "?", 1);
    put_query(&sink, &query);
    put_text(&sink, "&X-Amz-Signature=");
    put_text(&sink, hex);

    return sink.full ? -1 : 0;
}
