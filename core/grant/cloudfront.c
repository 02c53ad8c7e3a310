#include <string.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include "core/jose/base64url.h"
#include "core/jose/claim.h"
#include "core/jose/json_strict.h"
#include "cloudfront.h"
#include "grant.h"

#define EXPIRES_MAX 12 /* digits */

/* characters of `n` bytes in base64 with padding: RFC 4648, 4 */
#define base64_size(n) (((n) + 2) / 3 * 4)

const char *const cloudfront_names[CLOUDFRONT_PARTS] = {
    "Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm"
};


/* The part that begins at p, before '=' or the end; CLOUDFRONT_PARTS: none. */
static cloudfront_part_t
part_of(const char *p, const char *end)
{
    cloudfront_part_t part;
    size_t len;

    for (part = 0; part < CLOUDFRONT_PARTS; part++) {
        len = strlen(cloudfront_names[part]);

        if ((size_t) (end - p) >= len
            && memcmp(p, cloudfront_names[part], len) == 0
            && (p + len == end || p[len] == '=')) {
            break;
        }
    }

    return part;
}


/* The end of the parameter at p. */
static const char *
parameter_end(const char *p, const char *end)
{
    const char *next;

    next = memchr(p, '&', (size_t) (end - p));

    return next ? next : end;
}


int
cloudfront_query(const char *query, size_t len, cloudfront_link_t *link)
{
    const char *p, *end, *next;
    cloudfront_part_t part;
    cloudfront_value_t *value;

    memset(link, 0, sizeof(cloudfront_link_t));
    end = query + len;

    for (p = query; p < end; p = next + 1) {
        next = parameter_end(p, end);
        part = part_of(p, next);

        if (part == CLOUDFRONT_PARTS) {
            continue;
        }

        value = &link->part[part];
        link->twice |= (value->data != NULL);

        value->data = p + strlen(cloudfront_names[part]);
        value->data += (value->data < next);
        value->len = (size_t) (next - value->data);
    }

    return link->part[CLOUDFRONT_SIGNATURE].data != NULL
           || link->part[CLOUDFRONT_KEY_PAIR_ID].data != NULL;
}


size_t
cloudfront_own_query(char *dst, const char *query, size_t len)
{
    const char *p, *end, *next;
    char *d;
    int first;

    p = query;
    end = query + len;
    d = dst;
    first = 1;

    for (;;) {
        next = parameter_end(p, end);

        if (part_of(p, next) == CLOUDFRONT_PARTS) {
            if (!first) {
                *d++ = '&';
            }

            first = 0;
            memcpy(d, p, (size_t) (next - p));
            d += next - p;
        }

        if (next == end) {
            return (size_t) (d - dst);
        }

        p = next + 1;
    }
}


ssize_t
cloudfront_url(char *dst, const char *origin, size_t origin_len,
               const char *target, size_t target_len, int strip)
{
    const char *p, *query;
    size_t path_len, n;
    char *d;

    if (target_len > CLOUDFRONT_URL_MAX
        || origin_len > CLOUDFRONT_URL_MAX - target_len) {
        return -1;
    }

    query = strip ? memchr(target, '?', target_len) : NULL;
    path_len = query ? (size_t) (query - target) : target_len;

    d = dst;
    memcpy(d, origin, origin_len);
    d += origin_len;
    memcpy(d, target, path_len);
    d += path_len;

    if (query) {
        n = cloudfront_own_query(d + 1, query + 1, target_len - path_len - 1);

        if (n > 0) {
            *d = '?';
            d += n + 1;
        }
    }

    /* what was taken out has alphabets of its own */
    for (p = dst; p < d; p++) {
        if ((unsigned char) *p <= ' ' || *p == '\x7f' || *p == '"' || *p == '\\'
            || *p == '#') {
            return -1;
        }
    }

    return d - dst;
}


/* Undoes percent-encoding, which a library that puts a URL together anew may
   bring in ('~' becomes %7E). Returns characters, or -1. */
static ssize_t
unescape(char *dst, size_t size, const cloudfront_value_t *value)
{
    const char *p, *end;
    size_t n;
    int high, low;

    p = value->data;
    end = p + value->len;

    if (memchr(p, '%', value->len) == NULL) {
        if (value->len > size) {
            return -1;
        }

        memcpy(dst, p, value->len);

        return (ssize_t) value->len;
    }

    for (n = 0; p < end; n++) {
        if (n == size) {
            return -1;
        }

        if (*p != '%') {
            dst[n] = *p++;
            continue;
        }

        if (end - p < 3) {
            return -1;
        }

        high = OPENSSL_hexchar2int((unsigned char) p[1]);
        low = OPENSSL_hexchar2int((unsigned char) p[2]);

        if (high < 0 || low < 0) {
            return -1;
        }

        dst[n] = (char) (high << 4 | low);
        p += 3;
    }

    return (ssize_t) n;
}


/* Returns bytes, or -1. */
static ssize_t
decode(void *dst, size_t size, const cloudfront_value_t *value)
{
    char text[base64_size(CLOUDFRONT_POLICY_MAX)];
    ssize_t len;
    size_t n, i;

    len = unescape(text, base64_size(size), value);

    if (len <= 0 || len % 4 != 0) {
        return -1;
    }

    n = (size_t) len;

    for (i = 0; i < 2 && text[n - 1] == '_'; i++) {
        n--;
    }

    for (i = 0; i < n; i++) {
        if (text[i] == '_') {
            return -1;
        }

        if (text[i] == '~') {
            text[i] = '_';
        }
    }

    if (base64url_decoded_size(n) > size) {
        return -1;
    }

    return base64url_decode(dst, text, n);
}


static int
is(const cloudfront_value_t *value, const char *text)
{
    return value->len == strlen(text)
           && memcmp(value->data, text, value->len) == 0;
}


static const cloudfront_key_t *
find_key(const cloudfront_keys_t *keys, const cloudfront_value_t *id)
{
    size_t i;

    for (i = 0; i < keys->count; i++) {
        if (is(id, keys->key[i].id)) {
            return &keys->key[i];
        }
    }

    return NULL;
}


static int
read_expires(const cloudfront_value_t *value, int64_t *seconds)
{
    size_t i;

    if (value->data == NULL || value->len == 0 || value->len > EXPIRES_MAX) {
        return -1;
    }

    *seconds = 0;

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < '0' || value->data[i] > '9') {
            return -1;
        }

        *seconds = *seconds * 10 + (value->data[i] - '0');
    }

    return 0;
}


sluice_status_t
cloudfront_parse(const cloudfront_keys_t *keys, const cloudfront_link_t *link,
                 cloudfront_t *cf)
{
    const cloudfront_value_t *part = link->part;
    ssize_t n;

    if (link->twice || part[CLOUDFRONT_SIGNATURE].data == NULL
        || part[CLOUDFRONT_KEY_PAIR_ID].data == NULL) {
        return SLUICE_GRANT_INVALID;
    }

    cf->key = find_key(keys, &part[CLOUDFRONT_KEY_PAIR_ID]);
    cf->md = EVP_sha1();
    cf->nbf = 0;
    cf->restricted = 0;
    cf->everything = 0;
    cf->text_len = 0;
    cf->resource_len = 0;

    if (part[CLOUDFRONT_HASH_ALGORITHM].data != NULL
        && !is(&part[CLOUDFRONT_HASH_ALGORITHM], "SHA1")) {
        cf->md = is(&part[CLOUDFRONT_HASH_ALGORITHM], "SHA256") ? EVP_sha256()
                                                                : NULL;
    }

    n = decode(cf->signature, sizeof(cf->signature),
               &part[CLOUDFRONT_SIGNATURE]);

    if (cf->key == NULL || cf->md == NULL || n <= 0) {
        return SLUICE_GRANT_INVALID;
    }

    cf->signature_len = (size_t) n;
    cf->canned = (part[CLOUDFRONT_POLICY].data == NULL);

    if (cf->canned) {
        cf->expires = part[CLOUDFRONT_EXPIRES];

        return read_expires(&cf->expires, &cf->exp) == 0 ? SLUICE_OK
                                                         : SLUICE_GRANT_INVALID;
    }

    n = decode(cf->text, CLOUDFRONT_POLICY_MAX, &part[CLOUDFRONT_POLICY]);
    if (n <= 0) {
        return SLUICE_GRANT_INVALID;
    }

    cf->text_len = (size_t) n;

    return SLUICE_OK;
}


static char *
append(char *dst, const char *text, size_t len)
{
    memcpy(dst, text, len);

    return dst + len;
}


void
cloudfront_canned(cloudfront_t *cf, const char *url, size_t len)
{
    static const char start[] = "{\"Statement\":[{\"Resource\":\"",
                      middle[] = "\",\"Condition\":{\"DateLessThan\":{\"AWS:"
                                 "EpochTime\":",
                      end[] = "}}}]}";
    char *p;

    p = append(cf->text, start, sizeof(start) - 1);
    p = append(p, url, len);
    p = append(p, middle, sizeof(middle) - 1);
    p = append(p, cf->expires.data, cf->expires.len);
    p = append(p, end, sizeof(end) - 1);

    cf->text_len = (size_t) (p - cf->text);
}


/* { "<name>": … } with this member and no other, or NULL. */
static const json_t *
only_member(const json_t *object, const char *name)
{
    return json_object_size(object) == 1 ? json_object_get(object, name) : NULL;
}


static int
read_time(const json_t *condition, int64_t *seconds)
{
    return only_member(condition, "AWS:EpochTime") != NULL
                   && claim_time(condition, "AWS:EpochTime", seconds) == 1
               ? 0
               : -1;
}


/* CloudFront's older SDKs write 0.0.0.0/0 when nobody restricts the address:
   it is for all, those with IPv6 included. */
static int
read_address(const json_t *condition, cloudfront_t *cf)
{
    const json_t *ip;

    ip = only_member(condition, "AWS:SourceIp");

    if (claim_is(ip, "0.0.0.0/0")) {
        return 0;
    }

    cf->restricted = 1;

    return json_is_string(ip)
                   && cidr_parse(json_string_value(ip), json_string_length(ip),
                                 &cf->ip)
                          == 0
               ? 0
               : -1;
}


static int
read_condition(json_t *condition, cloudfront_t *cf)
{
    const char *name;
    json_t *value;
    int rc, ends;

    ends = 0;

    json_object_foreach(condition, name, value)
    {
        if (strcmp(name, "DateLessThan") == 0) {
            rc = read_time(value, &cf->exp);
            ends = 1;

        } else if (strcmp(name, "DateGreaterThan") == 0) {
            rc = read_time(value, &cf->nbf);

        } else if (strcmp(name, "IpAddress") == 0) {
            rc = read_address(value, cf);

        } else {
            rc = -1;
        }

        if (rc != 0) {
            return -1;
        }
    }

    return ends ? 0 : -1;
}


static int
read_statement(json_t *statement, cloudfront_t *cf)
{
    const json_t *resource;

    resource = json_object_get(statement, "Resource");
    cf->everything = (resource == NULL);

    if (json_object_size(statement) != (cf->everything ? 1u : 2u)) {
        return -1;
    }

    if (!cf->everything) {
        cf->resource_len = json_string_length(resource);

        if (!json_is_string(resource)
            || cf->resource_len > sizeof(cf->resource)) {
            return -1;
        }

        memcpy(cf->resource, json_string_value(resource), cf->resource_len);
    }

    return read_condition(json_object_get(statement, "Condition"), cf);
}


sluice_status_t
cloudfront_policy(cloudfront_t *cf)
{
    json_t *policy;
    const json_t *list;
    sluice_status_t status;

    if (cf->canned) {
        return SLUICE_OK;
    }

    status = SLUICE_GRANT_INVALID;
    policy = json_strict_load(cf->text, cf->text_len, 0, NULL);
    list = only_member(policy, "Statement");

    if (json_array_size(list) == 1
        && read_statement(json_array_get(list, 0), cf) == 0) {
        status = SLUICE_OK;
    }

    json_decref(policy);

    return status;
}


int
cloudfront_covers(const cloudfront_t *cf, const char *url, size_t len)
{
    /* the URL of a canned policy is in its signature */
    return cf->canned || cf->everything
           || cloudfront_match(cf->resource, cf->resource_len, url, len);
}


void
cloudfront_grant(int64_t nbf, int64_t exp, const cidr_t *ip, int covered,
                 grant_t *grant)
{
    memset(grant, 0, offsetof(grant_t, text));

    grant->nbf = nbf;
    grant->exp = exp;
    grant->methods = GRANT_GET | GRANT_HEAD | GRANT_OPTIONS;

    if (ip != NULL) {
        grant->ip[0] = *ip;
        grant->ip_count = 1;
    }

    /* all paths, or an empty one, which is none */

    memcpy(grant->text, "/", 2);
    grant->text_len = 2;
    grant->path.len = covered ? 1 : 0;
    grant->prefix = covered;
}
