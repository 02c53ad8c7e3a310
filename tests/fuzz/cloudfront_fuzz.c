/*
 * A line with a query (and pattern), a line with a request's target, and a
 * policy: nobody without the key opens anything, and a policy opens what a
 * slower matcher says that its Resource covers.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/grant/cloudfront.h"
#include "core/grant/grant.h"

#define ORIGIN "https://d"
#define SLOW 512 /* bytes that the slower matcher is asked about */

static const char key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEnhTdNzxXO6uyKW+oLx6s2srcMXWz\n"
    "nBuWNLG6ooy+FvkDIHRPUG9VR9UUJgv3GuLXxD3tE0vBz48Syw+7daiNWA==\n"
    "-----END PUBLIC KEY-----\n";


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static cloudfront_keys_t *
the_keys(void)
{
    static cloudfront_keys_t *keys;
    char err[256];

    if (keys == NULL) {
        keys = cloudfront_keys_create();

        if (cloudfront_keys_add(keys, "K", key, strlen(key), err, sizeof(err))
            != 0) {
            abort();
        }
    }

    return keys;
}


/* What cloudfront_match() says, by a table of all pairs of positions. */
static int
covers(const char *pattern, size_t len, const char *url, size_t url_len)
{
    static char table[SLOW + 1][SLOW + 1];
    const char *mark;
    size_t i, j, end;

    mark = memchr(url, '?', url_len);

    /* where the stars of the end begin: those may take the mark */
    for (end = len; end > 0 && pattern[end - 1] == '*'; end--) {
    }

    for (i = len + 1; i-- > 0;) {
        for (j = url_len + 1; j-- > 0;) {
            if (i == len) {
                table[i][j] = (j == url_len);

            } else if (pattern[i] == '*') {
                table[i][j] = table[i + 1][j]
                              || (j < url_len && (url + j != mark || i >= end)
                                  && table[i][j + 1]);

            } else {
                table[i][j] = j < url_len
                              && (pattern[i] == '?' || pattern[i] == url[j])
                              && table[i + 1][j + 1];
            }
        }
    }

    return table[0][0];
}


static void
try_match(const char *pattern, size_t len, const char *url, size_t url_len)
{
    if (len <= SLOW && url_len <= SLOW
        && cloudfront_match(pattern, len, url, url_len)
               != covers(pattern, len, url, url_len)) {
        abort();
    }
}


static void
try_query(const char *query, size_t len, const char *url, size_t url_len)
{
    static cloudfront_t cf;
    cloudfront_link_t link;
    char *own;
    size_t n;

    own = malloc(len);
    n = cloudfront_own_query(own, query, len);

    if (n > len || cloudfront_query(own, n, &link)
        || cloudfront_own_query(own, own, n) != n) {
        abort();
    }

    free(own);

    if (!cloudfront_query(query, len, &link)
        || cloudfront_parse(the_keys(), &link, &cf) != SLUICE_OK) {
        return;
    }

    if (cf.canned) {
        cloudfront_canned(&cf, url, url_len);
    }

    if (cloudfront_check(&cf)) {
        abort();
    }
}


static sluice_status_t
decide_as(const cloudfront_t *cf, const char *url, size_t len, unsigned method,
          const unsigned char *address, int64_t now)
{
    static grant_t grant;

    cloudfront_grant(cf->nbf, cf->exp, cf->restricted ? &cf->ip : NULL,
                     cloudfront_covers(cf, url, len), &grant);

    return grant_decide(&grant, "/any", 4, method, address, now);
}


static void
try_policy(const char *policy, size_t len, const char *url, size_t url_len)
{
    static cloudfront_t cf;
    sluice_status_t status;

    memset(&cf, 0, offsetof(cloudfront_t, signature));
    cf.text_len = len > CLOUDFRONT_POLICY_MAX ? CLOUDFRONT_POLICY_MAX : len;
    memcpy(cf.text, policy, cf.text_len);

    if (cloudfront_policy(&cf) != SLUICE_OK) {
        return;
    }

    if (decide_as(&cf, url, url_len, GRANT_GET, NULL, cf.exp) == SLUICE_OK) {
        abort();
    }

    status = decide_as(&cf, url, url_len, GRANT_GET, NULL, cf.exp - 1);

    if ((cf.restricted && status == SLUICE_OK)
        || decide_as(&cf, url, url_len, GRANT_DELETE, NULL, cf.exp - 1)
               == SLUICE_OK) {
        abort();
    }

    if (!cf.everything) {
        try_match(cf.resource, cf.resource_len, url, url_len);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char url[CLOUDFRONT_URL_MAX];
    const char *query, *target, *policy, *end;
    ssize_t len;

    query = (const char *) data;
    end = query + size;

    target = size > 0 ? memchr(query, '\n', size) : NULL;
    policy = target ? memchr(target + 1, '\n', (size_t) (end - target - 1))
                    : NULL;
    if (policy == NULL) {
        return 0;
    }

    len = cloudfront_url(url, ORIGIN, strlen(ORIGIN), target + 1,
                         (size_t) (policy - target - 1), 1);
    if (len == -1) {
        return 0;
    }

    if (memchr(url, '"', (size_t) len) || memchr(url, '#', (size_t) len)) {
        abort();
    }

    try_match(query, (size_t) (target - query), url + strlen(ORIGIN),
              (size_t) len - strlen(ORIGIN));
    try_query(query, (size_t) (target - query), url, (size_t) len);
    try_policy(policy + 1, (size_t) (end - policy - 1), url, (size_t) len);

    return 0;
}
