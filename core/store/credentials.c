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


/* 0 for a time (RFC 3339, in UTC), -1 for none. */
static int
ends(credentials_t *credentials, const char *text)
{
    struct tm tm;
    const char *rest;

    memset(&tm, 0, sizeof(tm));
    rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

    if (rest == NULL || strcmp(rest, "Z") != 0) {
        return -1;
    }

    credentials->expires = timegm(&tm);
    return 0;
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
            wrong = ends(credentials, until) == 0 ? NULL : "";
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
    return location->credentials[0]
               ? credentials_read(credentials, location->credentials, err,
                                  err_size)
               : credentials_environment(credentials, err, err_size);
}


void
credentials_forget(credentials_t *credentials)
{
    OPENSSL_cleanse(credentials, sizeof(*credentials));
}
