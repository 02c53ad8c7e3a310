#define _GNU_SOURCE /* strptime, timegm */
#include "credentials.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include "core/base/fail.h"
#include "core/base/file.h"
#include "core/base/text.h"

#define LINES_MAX 4
#define TIME_SIZE sizeof("2026-11-30T12:00:00Z")


/* The next line into `out`: 1, 0 where there is none, or it is empty, -1 where
   it is none of printable characters without blanks, or too long. */
static int
line(const char **p, const char *end, char *out, size_t size)
{
    const char *start = *p, *stop;
    size_t len;

    stop = start < end ? memchr(start, '\n', (size_t) (end - start)) : end;
    *p = stop && stop < end ? stop + 1 : end;
    len = (size_t) ((stop ? stop : end) - start);

    if (len > 0 && start[len - 1] == '\r') {
        len--;
    }

    if (len >= size || !text_is_plain(start, len)) {
        return -1;
    }

    memcpy(out, start, len);
    out[len] = '\0';
    return len > 0;
}


/* One of before 1970 is none: 0 says that they do not end. */
int
credentials_time(const char *text, time_t *found)
{
    struct tm tm;
    const char *rest;

    memset(&tm, 0, sizeof(tm));
    rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

    if (rest == NULL || strcmp(rest, "Z") != 0) {
        return -1;
    }

    *found = timegm(&tm);
    return *found > 0 ? 0 : -1;
}


int
credentials_parse(credentials_t *credentials, const char *text, size_t len,
                  char *err, size_t err_size)
{
    const char *p = text, *end = text + len;
    char until[TIME_SIZE], more[2];
    const char *wrong = NULL;

    memset(credentials, 0, sizeof(credentials_t));

    if (line(&p, end, credentials->id, sizeof(credentials->id)) != 1) {
        wrong = "line 1 is the id of an access key";
    } else if (line(&p, end, credentials->secret, sizeof(credentials->secret))
               != 1) {
        wrong = "line 2 is the secret of the access key";
    } else if (line(&p, end, credentials->token, sizeof(credentials->token))
               < 0) {
        wrong = "line 3, where there is one, is the token of a session";
    } else {
        switch (line(&p, end, until, sizeof(until))) {
        case 1:
            wrong = credentials_time(until, &credentials->expires) == 0 ? NULL
                                                                        : "";
            break;
        case -1:
            wrong = "";
            break;
        default:
            break;
        }

        if (wrong != NULL) {
            wrong = "line 4, where there is one, is when they end, such as "
                    "2026-11-30T12:00:00Z";
        } else if (line(&p, end, more, sizeof(more)) != 0) {
            wrong = "there are more than four lines";
        }
    }

    if (wrong == NULL) {
        return 0;
    }

    OPENSSL_cleanse(credentials, sizeof(credentials_t));
    return fail_because(err, err_size, "%s", wrong);
}


size_t
credentials_text(const credentials_t *credentials, char *out)
{
    char until[TIME_SIZE] = "";
    struct tm tm;

    if (credentials->expires > 0
        && (gmtime_r(&credentials->expires, &tm) == NULL
            || strftime(until, sizeof(until), "%Y-%m-%dT%H:%M:%SZ", &tm)
                   == 0)) {
        until[0] = '\0';
    }

    return (size_t) snprintf(out, CREDENTIALS_TEXT_SIZE, "%s\n%s\n%s\n%s%s",
                             credentials->id, credentials->secret,
                             credentials->token, until, *until ? "\n" : "");
}


int
credentials_same(const credentials_t *one, const credentials_t *other)
{
    return strcmp(one->id, other->id) == 0
           && strcmp(one->secret, other->secret) == 0
           && strcmp(one->token, other->token) == 0
           && one->expires == other->expires;
}


int
credentials_ended(const credentials_t *credentials, time_t now)
{
    return credentials->expires != 0 && credentials->expires <= now;
}


int
credentials_read(credentials_t *credentials, const char *path, char *err,
                 size_t err_size)
{
    struct stat st;
    char *text = NULL;
    char why[256];
    size_t len;
    int fd, rc;

    fd = file_open(path);
    if (fd == -1 || fstat(fd, &st) != 0) {
        rc = fail_because(err, err_size, "%s: %s", path, strerror(errno));
        goto done;
    }

    if (st.st_mode & S_IRWXO) {
        rc = fail_because(err, err_size, "%s may be read by others: chmod 640",
                          path);
        goto done;
    }

    text = file_read_open(fd, CREDENTIALS_FILE_MAX, &len);
    if (text == NULL) {
        rc = fail_because(err, err_size, "%s: %s", path, strerror(errno));
        goto done;
    }

    rc = credentials_parse(credentials, text, len, why, sizeof(why));
    if (rc != 0) {
        fail_because(err, err_size, "%s: %s", path, why);
    }

    OPENSSL_cleanse(text, len);

done:

    free(text);
    if (fd != -1) {
        close(fd);
    }
    return rc;
}


int
credentials_environment(credentials_t *credentials, char *err, size_t err_size)
{
    char text[CREDENTIALS_FILE_MAX], why[256];
    const char *id = getenv("AWS_ACCESS_KEY_ID");
    const char *secret = getenv("AWS_SECRET_ACCESS_KEY");
    const char *token = getenv("AWS_SESSION_TOKEN");
    int len, rc;

    len = snprintf(text, sizeof(text), "%s\n%s\n%s", id ? id : "",
                   secret ? secret : "", token ? token : "");

    rc = len >= 0 && (size_t) len < sizeof(text) ? credentials_parse(
             credentials, text, (size_t) len, why, sizeof(why))
                                                 : -1;
    OPENSSL_cleanse(text, sizeof(text));

    return rc == 0
               ? 0
               : fail_because(err, err_size,
                              "a bucket needs "
                              "credentials=<file> of two lines, an id and a "
                              "secret; or AWS_ACCESS_KEY_ID and "
                              "AWS_SECRET_ACCESS_KEY in the environment");
}


int
credentials_find(credentials_t *credentials, const location_t *location,
                 char *err, size_t err_size)
{
    char why[PATH_MAX + 256];

    if (location->credentials[0] == '\0') {
        return credentials_environment(credentials, err, err_size);
    }
    if (!location->role) {
        return credentials_read(credentials, location->credentials, err,
                                err_size);
    }

    return credentials_read(credentials, location->credentials, why,
                            sizeof(why))
                   == 0
               ? 0
               : fail_because(err, err_size,
                              "%s: a worker of this machine, whose worker.conf "
                              "has the same words, writes the credentials of "
                              "its role there, or its log has why it cannot",
                              why);
}


void
credentials_forget(credentials_t *credentials)
{
    OPENSSL_cleanse(credentials, sizeof(*credentials));
}
