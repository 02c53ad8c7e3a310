#include <string.h>
#include <stdlib.h>
#include <openssl/crypto.h>
#include "claim.h"
#include "grant.h"
#include "jwt.h"

static const struct {
    const char *name;
    unsigned bits;
} methods[] = { { "GET", GRANT_GET | GRANT_HEAD },
                { "HEAD", GRANT_HEAD },
                { "POST", GRANT_POST },
                { "PUT", GRANT_PUT },
                { "PATCH", GRANT_PATCH },
                { "DELETE", GRANT_DELETE },
                { "OPTIONS", GRANT_OPTIONS } };

/* Claims that narrow a grant in ways nobody here checks. `aud` is among them:
   RFC 7519, 4.1.3 forbids to accept what is meant for someone else. */
static const char *const restrictions[] = { "ip",  "uses", "bytes", "rate",
                                            "sub", "sid",  "aud" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))


/* RFC 3986, 5.2.4, plus the empty segments that nginx merges. */
static int
path_is_normalized(const char *path, size_t len)
{
    const char *segment, *end, *next;

    if (len == 0 || path[0] != '/') {
        return 0;
    }

    end = path + len;

    for (segment = path + 1; segment < end; segment = next + 1) {
        next = memchr(segment, '/', (size_t) (end - segment));

        if (next == segment) {
            return 0;
        }

        if (next == NULL) {
            next = end;
        }

        if (segment[0] == '.'
            && (next - segment == 1
                || (next - segment == 2 && segment[1] == '.'))) {
            return 0;
        }
    }

    return 1;
}


static int
read_path(const json_t *claims, grant_t *grant)
{
    const json_t *path;
    size_t len;

    path = json_object_get(claims, "path");
    len = json_string_length(path);

    if (!json_is_string(path) || len >= GRANT_PATH_MAX
        || !path_is_normalized(json_string_value(path), len)) {
        return -1;
    }

    memcpy(grant->path, json_string_value(path), len);
    grant->path[len] = '\0';
    grant->path_len = len;
    grant->prefix = (grant->path[len - 1] == '/');

    return 0;
}


static unsigned
method_bits(const json_t *name)
{
    size_t i;

    for (i = 0; i < COUNT(methods); i++) {
        if (claim_is(name, methods[i].name)) {
            return methods[i].bits;
        }
    }

    return 0;
}


static int
read_methods(const json_t *claims, grant_t *grant)
{
    const json_t *list;
    size_t i;
    unsigned bits;

    list = json_object_get(claims, "methods");
    if (list == NULL) {
        grant->methods = GRANT_GET | GRANT_HEAD;
        return 0;
    }

    if (!json_is_array(list) || json_array_size(list) == 0) {
        return -1;
    }

    grant->methods = 0;

    for (i = 0; i < json_array_size(list); i++) {
        bits = method_bits(json_array_get(list, i));
        if (bits == 0) {
            return -1;
        }

        grant->methods |= bits;
    }

    return 0;
}


static int
read_jti(const json_t *claims, grant_t *grant)
{
    const json_t *jti;
    const char *text;
    size_t i, len;

    grant->jti[0] = '\0';

    jti = json_object_get(claims, "jti");
    if (jti == NULL) {
        return 0;
    }

    text = json_string_value(jti);
    len = json_string_length(jti);

    if (text == NULL || len == 0 || len >= GRANT_JTI_MAX) {
        return -1;
    }

    /* it goes into logs */
    for (i = 0; i < len; i++) {
        if ((unsigned char) text[i] < ' ' || text[i] == '\x7f') {
            return -1;
        }
    }

    memcpy(grant->jti, text, len + 1);

    return 0;
}


sluice_status_t
grant_parse(const json_t *claims, grant_t *grant)
{
    size_t i;

    for (i = 0; i < COUNT(restrictions); i++) {
        if (json_object_get(claims, restrictions[i]) != NULL) {
            return SLUICE_GRANT_INVALID;
        }
    }

    grant->nbf = 0;

    if (claim_time(claims, "exp", &grant->exp) != 1
        || claim_time(claims, "nbf", &grant->nbf) == -1
        || read_path(claims, grant) != 0 || read_methods(claims, grant) != 0
        || read_jti(claims, grant) != 0) {
        return SLUICE_GRANT_INVALID;
    }

    return SLUICE_OK;
}


sluice_status_t
grant_decide(const grant_t *grant, const char *path, size_t path_len,
             unsigned method, int64_t now)
{
    if (now >= grant->exp) {
        return SLUICE_GRANT_EXPIRED;
    }

    if (now < grant->nbf) {
        return SLUICE_GRANT_NOT_YET;
    }

    if (grant->prefix ? path_len < grant->path_len
                      : path_len != grant->path_len) {
        return SLUICE_GRANT_PATH;
    }

    if (memcmp(path, grant->path, grant->path_len) != 0) {
        return SLUICE_GRANT_PATH;
    }

    if ((grant->methods & method) == 0) {
        return SLUICE_GRANT_METHOD;
    }

    return SLUICE_OK;
}


char *
grant_sign(const jwk_set_t *keys, const char *path, size_t path_len,
           int64_t exp, const char *jti)
{
    json_t *claims;
    grant_t grant;
    char *text, *token;

    token = NULL;
    text = NULL;

    claims = json_pack("{s:I, s:s%, s:s*}", "exp", (json_int_t) exp, "path",
                       path, path_len, "jti", jti);
    if (claims == NULL) {
        return NULL;
    }

    /* never sign what we would not take */
    if (grant_parse(claims, &grant) != SLUICE_OK) {
        goto done;
    }

    text = json_dumps(claims, JSON_COMPACT);
    if (text != NULL) {
        token = jwt_sign(keys, &jwt_grant, 0, text, strlen(text));
    }

done:

    free(text);
    json_decref(claims);

    return token;
}
