#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <curl/curl.h>
#include <openssl/crypto.h>
#include "core/base/fail.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "role_source.h"

#define SOURCE_ECS "http://169.254.170.2"
#define SOURCE_IMDS "http://169.254.169.254"
#define SOURCE_IMDS_6 "http://[fd00:ec2::254]"
#define SOURCE_LOOPBACK 127 /* the first byte: RFC 1122, section 3.2.1.3 */


/* "" where it is not set. */
static const char *
source_value(const char *found)
{
    return found ? found : "";
}


/* An address, or the name that stands for loopback. */
static int
source_is_near(const char *host)
{
    unsigned char address[4];

    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0
           || strcmp(host, "169.254.170.2") == 0
           || strcmp(host, "169.254.170.23") == 0
           || strcmp(host, "[fd00:ec2::23]") == 0
           || (inet_pton(AF_INET, host, address) == 1
               && address[0] == SOURCE_LOOPBACK);
}


/* `any`: http may lead anywhere. */
static int
source_is_url(const char *url, int any)
{
    int rc = 0;
    char *scheme = NULL, *host = NULL;
    CURLU *parts;

    if (!text_is_plain(url, strlen(url)) || strchr(url, '#') != NULL
        || strstr(url, ":///") != NULL) {
        return 0;
    }

    parts = curl_url();

    if (parts != NULL
        && curl_url_set(parts, CURLUPART_URL, url, CURLU_DISALLOW_USER) == 0
        && curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == 0
        && curl_url_get(parts, CURLUPART_HOST, &host, 0) == 0) {
        rc = *host != '\0'
             && (strcmp(scheme, "https") == 0
                 || (strcmp(scheme, "http") == 0
                     && (any || source_is_near(host))));
    }

    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(parts);
    return rc;
}


int
role_source_may(const char *url)
{
    return source_is_url(url, 0);
}


/* `host` and a path, which begins with one slash. */
static int
source_join(role_source_t *source, const char *host, const char *path)
{
    int n = snprintf(source->url, sizeof(source->url), "%s%s", host, path);

    return n > 0 && (size_t) n < sizeof(source->url) ? 0 : -1;
}


static int
source_container(role_source_t *source, const char *relative, const char *full,
                 char *err, size_t err_size)
{
    const char *file = source_value(
        getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));

    source->container = 1;

    if (*relative != '\0') {
        if (*relative != '/' || source_join(source, SOURCE_ECS, relative) != 0
            || !role_source_may(source->url)) {
            return fail_because(err, err_size,
                                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is a "
                                "path from /, not \"%.64s\"",
                                relative);
        }

    } else if (!role_source_may(full) || source_join(source, full, "") != 0) {
        return fail_because(err, err_size,
                            "AWS_CONTAINER_CREDENTIALS_FULL_URI is https, or "
                            "http on loopback, 169.254.170.2, 169.254.170.23 "
                            "or [fd00:ec2::23], not \"%.64s\"",
                            full);
    }

    if (*file != '\0'
        && (*file != '/'
            || text_copy(source->token_file, sizeof(source->token_file), file,
                         strlen(file))
                   != 0)) {
        return fail_because(err, err_size,
                            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE is an "
                            "absolute path, not \"%.64s\"",
                            file);
    }

    return 0;
}


static int
source_instance(role_source_t *source, char *err, size_t err_size)
{
    size_t len;
    const char *given = source_value(
        getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT"));
    const char *mode = source_value(
        getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"));

    if (strcmp(source_value(getenv("AWS_EC2_METADATA_DISABLED")), "true")
        == 0) {
        return fail_because(err, err_size,
                            "AWS_EC2_METADATA_DISABLED keeps the machine's "
                            "role from being asked for: unset it, or write "
                            "credentials=<file>");
    }

    if (*given == '\0') {
        return source_join(
            source, strcmp(mode, "IPv6") == 0 ? SOURCE_IMDS_6 : SOURCE_IMDS,
            "");
    }

    if (!source_is_url(given, 1) || strchr(given, '?') != NULL
        || source_join(source, given, "") != 0) {
        return fail_because(err, err_size,
                            "AWS_EC2_METADATA_SERVICE_ENDPOINT is a URL such "
                            "as http://169.254.169.254, not \"%.64s\"",
                            given);
    }

    len = strlen(source->url);
    if (source->url[len - 1] == '/') {
        source->url[len - 1] = '\0';
    }

    return 0;
}


int
role_source_find(role_source_t *source, char *err, size_t err_size)
{
    const char *relative = source_value(
        getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"));
    const char *full = source_value(
        getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"));

    memset(source, 0, sizeof(*source));

    return *relative != '\0' || *full != '\0'
               ? source_container(source, relative, full, err, err_size)
               : source_instance(source, err, err_size);
}


/* Through links, as Kubernetes lays its files. NULL with errno set. */
static char *
source_read(const char *path, size_t *len)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    char *text = NULL;

    if (fd != -1) {
        text = file_read_open(fd, ROLE_SOURCE_TOKEN_MAX + 2, len);
        close(fd);
    }

    return text;
}


/* It becomes a header. */
static int
source_take(char *token, const char *text, size_t len)
{
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
        len--;
    }

    if (len > ROLE_SOURCE_TOKEN_MAX || memchr(text, '\0', len) != NULL
        || !text_is_clean(text, len)) {
        return -1;
    }

    memcpy(token, text, len);
    token[len] = '\0';
    return 0;
}


int
role_source_token(const role_source_t *source, char *token, char *err,
                  size_t err_size)
{
    int rc;
    size_t len;
    char *text;
    const char *given = source_value(
        getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN"));

    token[0] = '\0';

    if (source->token_file[0] == '\0') {
        return source_take(token, given, strlen(given)) == 0
                   ? 0
                   : fail_because(err, err_size,
                                  "AWS_CONTAINER_AUTHORIZATION_TOKEN is no "
                                  "clean text of %d bytes at most",
                                  ROLE_SOURCE_TOKEN_MAX);
    }

    text = source_read(source->token_file, &len);
    if (text == NULL) {
        return fail_because(err, err_size, "%.300s: %s", source->token_file,
                            strerror(errno));
    }

    rc = source_take(token, text, len);
    OPENSSL_cleanse(text, len);
    free(text);

    return rc == 0 ? 0
                   : fail_because(err, err_size,
                                  "%.300s has no clean text of %d bytes at "
                                  "most",
                                  source->token_file, ROLE_SOURCE_TOKEN_MAX);
}
