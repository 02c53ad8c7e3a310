#define _GNU_SOURCE /* memmem */
#include "location.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/fail.h"
#include "core/base/text.h"

#define SCHEME "s3://"
#define KEY_MAX 1024 /* bytes: "Object key naming guidelines" of S3 */
#define HTTPS 443
#define HTTP 80
#define AES "AES256"
#define KMS "aws:kms"
#define ROLE "role"

#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


/* 3 to 63 of a-z, 0-9, '-' and '.'; a letter or digit at both ends, and no two
   dots in a row. */
static int
is_bucket(const char *text, size_t len)
{
    return len >= 3 && len <= LOCATION_BUCKET_MAX
           && strspn(text, LOWER "-.") >= len && strchr("-.", *text) == NULL
           && strchr("-.", text[len - 1]) == NULL
           && memmem(text, len, "..", 2) == NULL;
}


/* Letters, digits and "-_." between single slashes, and no name that a path
   would be other with: what needs no encoding in any of S3's kin. */
static int
read_prefix(location_t *location, const char *text)
{
    size_t len;

    for (; *text; text += len) {
        text += strspn(text, "/") == 1;
        len = strcspn(text, "/");

        if (len == 0) {
            return *text == '\0' ? 0 : -1;
        }

        if (strspn(text, LOWER UPPER "-_.") < len || strspn(text, ".") >= len
            || strlen(location->prefix) + len + 1 > LOCATION_PREFIX_MAX) {
            return -1;
        }

        strncat(location->prefix, text, len);
        strcat(location->prefix, "/");
    }

    return 0;
}


static int
first(location_t *location, const char *word, char *err, size_t size)
{
    size_t len;

    if (*word == '/') {
        return text_copy(location->folder, sizeof(location->folder), word,
                         strlen(word))
                       == 0
                   ? 0
                   : fail_because(err, size, "the store's folder is too long");
    }

    if (strncmp(word, SCHEME, strlen(SCHEME)) != 0) {
        return fail_because(err, size,
                            "the store is an absolute folder, or "
                            "s3://bucket or s3://bucket/prefix, not \"%.64s\"",
                            word);
    }

    word += strlen(SCHEME);
    len = strcspn(word, "/");

    if (!is_bucket(word, len)) {
        return fail_because(err, size,
                            "\"%.*s\" is no bucket's name: 3 to %d "
                            "of a-z, 0-9, \"-\" and \".\"",
                            len > 64 ? 64 : (int) len, word,
                            LOCATION_BUCKET_MAX);
    }

    text_copy(location->bucket, sizeof(location->bucket), word, len);

    if (read_prefix(location, word + len) != 0) {
        return fail_because(err, size,
                            "the prefix \"%.64s\" is not of letters,"
                            " digits, \"-\", \"_\" and \".\" between single "
                            "slashes, %d bytes at most",
                            word + len, LOCATION_PREFIX_MAX);
    }

    return 0;
}


/* "https://name[:port]" or "http://…", without a path. */
static int
endpoint(location_t *location, const char *text, char *err, size_t size)
{
    const char *host = NULL, *end;
    char *rest;
    long port;

    if (strncmp(text, "https://", 8) == 0) {
        location->tls = 1;
        host = text + 8;
    } else if (strncmp(text, "http://", 7) == 0) {
        location->tls = 0;
        host = text + 7;
    }

    if (host == NULL) {
        return fail_because(err, size,
                            "endpoint= is http://host:port or "
                            "https://host, not \"%.64s\"",
                            text);
    }

    end = *host == '[' ? host + strcspn(host, "]") + 1
                       : host + strcspn(host, ":/");
    port = location->tls ? HTTPS : HTTP;
    rest = (char *) end;

    if (end <= host + strlen(host) && *end == ':') {
        port = strtol(end + 1, &rest, 10);
        if (rest == end + 1 || end[1] == '+' || end[1] == '-' || port < 1
            || port > 65535) {
            port = 0;
        }
    }

    if (end > host + strlen(host) || port == 0
        || (*rest != '\0' && strcmp(rest, "/") != 0)
        || (*host == '['
                ? strspn(host + 1, "0123456789abcdefABCDEF:.")
                      != (size_t) (end - host) - 2
                : strspn(host, LOWER UPPER "-.") != (size_t) (end - host))
        || text_copy(location->host, sizeof(location->host), host,
                     (size_t) (end - host))
               != 0) {
        return fail_because(err, size,
                            "endpoint= is a scheme, a host and "
                            "perhaps a port, without a path: not \"%.64s\"",
                            text);
    }

    location->port = (unsigned) port;
    return 0;
}


/* The value of a word "name=value", or NULL. */
static const char *
value_of(const char *word, const char *name)
{
    size_t len = strlen(name);

    return strncmp(word, name, len) == 0 && word[len] == '=' ? word + len + 1
                                                             : NULL;
}


/* "AES256", "aws:kms", or that with a key's id, ARN or alias. */
static int
sse(location_t *location, const char *text, char *err, size_t size)
{
    const char *name = *text == *KMS ? KMS : AES;
    const char *key = "";
    size_t len = strlen(name);
    int fits = strncmp(text, name, len) == 0;

    if (fits && *name == *KMS && text[len] == ':') {
        key = text + len + 1;
    }

    if (!fits || (text[len] != '\0' && *key == '\0')
        || strspn(key, LOWER UPPER "-_/:") < strlen(key)
        || (*key != '\0'
            && text_copy(location->sse_key, sizeof(location->sse_key), key,
                         strlen(key))
                   != 0)) {
        return fail_because(err, size,
                            "sse= is AES256, aws:kms or aws:kms:<key>, not "
                            "\"%.64s\"",
                            text);
    }

    return text_copy(location->sse, sizeof(location->sse), name, len);
}


/* A file; or "role", or "role:<file>": a worker writes it. */
static int
credentials(location_t *location, const char *text, char *err, size_t size)
{
    const size_t len = strlen(ROLE);

    location->role = strncmp(text, ROLE, len) == 0
                     && (text[len] == '\0' || text[len] == ':');
    if (location->role) {
        text = text[len] == ':' ? text + len + 1 : LOCATION_ROLE_FILE;
    }

    return *text == '/'
                   && text_copy(location->credentials,
                                sizeof(location->credentials), text,
                                strlen(text))
                          == 0
               ? 0
               : fail_because(err, size,
                              "credentials= is an absolute path, role or "
                              "role:<absolute path>, not \"%.64s\"",
                              text);
}


/* `style` is 0 until it was said: then 'p' or 'v'. */
static int
more(location_t *location, char *style, const char *word, char *err,
     size_t size)
{
    const char *value;

    if ((value = value_of(word, "endpoint"))) {
        return endpoint(location, value, err, size);
    }

    if ((value = value_of(word, "region"))) {
        return strspn(value, LOWER "-") == strlen(value)
                       && text_copy(location->region, sizeof(location->region),
                                    value, strlen(value))
                              == 0
                   ? 0
                   : fail_because(err, size,
                                  "region= is a name such as "
                                  "eu-west-3, not \"%.64s\"",
                                  value);
    }

    if ((value = value_of(word, "style"))) {
        if (strcmp(value, "path") != 0 && strcmp(value, "virtual") != 0) {
            return fail_because(err, size,
                                "style= is path or virtual, not "
                                "\"%.64s\"",
                                value);
        }

        *style = *value;
        return 0;
    }

    if ((value = value_of(word, "credentials"))) {
        return credentials(location, value, err, size);
    }

    if ((value = value_of(word, "sse"))) {
        return sse(location, value, err, size);
    }

    return fail_because(err, size,
                        "\"%.64s\" is none of endpoint=, region=, "
                        "style=, credentials= and sse=",
                        word);
}


/* What was not said: AWS's own endpoint of the region. */
static int
complete(location_t *location, char style, char *err, size_t size)
{
    if (location->region[0] == '\0') {
        return fail_because(err, size,
                            "s3://%s needs region=: where the "
                            "bucket is, such as eu-west-3 (us-east-1 where "
                            "there are no regions)",
                            location->bucket);
    }

    location->path_style = style ? style == 'p' : location->host[0] != '\0';

    if (location->host[0] == '\0') {
        snprintf(location->host, sizeof(location->host), "s3.%s.amazonaws.com",
                 location->region);
        location->port = HTTPS;
        location->tls = 1;
    }

    if (location->tls && !location->path_style
        && strchr(location->bucket, '.') != NULL) {
        return fail_because(err, size,
                            "s3://%s has a dot, which no "
                            "certificate of the endpoint covers: style=path",
                            location->bucket);
    }

    return 0;
}


int
location_words(char *text, const char *words[LOCATION_WORDS_MAX])
{
    char *word, *rest;
    int count = 0;

    for (word = strtok_r(text, " \t", &rest); word != NULL;
         word = strtok_r(NULL, " \t", &rest)) {
        if (count == LOCATION_WORDS_MAX) {
            return -1;
        }
        words[count++] = word;
    }

    return count;
}


int
location_read(location_t *location, const char *const *words, size_t count,
              char *err, size_t err_size)
{
    char style = 0;
    size_t i;

    memset(location, 0, sizeof(location_t));

    if (count == 0) {
        return fail_because(err, err_size,
                            "the store is missing: a folder, or "
                            "s3://bucket");
    }

    if (first(location, words[0], err, err_size) != 0) {
        return -1;
    }

    for (i = 1; i < count; i++) {
        if (location->folder[0]) {
            return fail_because(err, err_size, "a folder has no \"%.64s\"",
                                words[i]);
        }

        if (more(location, &style, words[i], err, err_size) != 0) {
            return -1;
        }
    }

    return location->folder[0] ? 0 : complete(location, style, err, err_size);
}


void
location_authority(const location_t *location,
                   char out[LOCATION_AUTHORITY_SIZE])
{
    int own = location->port == (location->tls ? HTTPS : HTTP);

    snprintf(out, LOCATION_AUTHORITY_SIZE, own ? "%s%s%s" : "%s%s%s:%u",
             location->path_style ? "" : location->bucket,
             location->path_style ? "" : ".", location->host, location->port);
}


int
location_path(const location_t *location, const char *name, char *out,
              size_t size)
{
    int len;

    if (strlen(location->prefix) + strlen(name) > KEY_MAX) {
        return -1;
    }

    if (*name == '\0') {
        len = snprintf(out, size, "/%s",
                       location->path_style ? location->bucket : "");
    } else {
        len = snprintf(out, size, "/%s%s%s%s",
                       location->path_style ? location->bucket : "",
                       location->path_style ? "/" : "", location->prefix, name);
    }

    return len < 0 || (size_t) len >= size ? -1 : 0;
}
