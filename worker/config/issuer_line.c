#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/base/fail.h"
#include "issuer_line.h"

#define ISSUER_LINE_EVERY_MIN 60
#define ISSUER_LINE_EVERY_MAX 86400
#define ISSUER_LINE_BLANKS " \t"


/* OpenID Connect Discovery 1.0, section 2: https, without query or fragment. */
static int
issuer_line_name(issuer_line_t *line, const char *name, char *err,
                 size_t err_size)
{
    char authority[URL_AUTHORITY_SIZE];

    if (strlen(name) >= sizeof(line->name)) {
        return fail_because(err, err_size, "\"%.64s\" is too long", name);
    }

    if (line->kind == ISSUER_OIDC
        && (url_authority(name, authority) != 0 || strchr(name, '?') != NULL)) {
        return fail_because(err, err_size,
                            "an issuer is an https URL without user, "
                            "query and fragment, not \"%.64s\"",
                            name);
    }
    if (line->kind == ISSUER_LOAD_BALANCER && strncmp(name, "arn:", 4) != 0) {
        return fail_because(err, err_size,
                            "a load balancer is named by its ARN, not "
                            "\"%.64s\"",
                            name);
    }

    strcpy(line->name, name);
    return 0;
}


static int
issuer_line_path(char *path, const char *what, const char *value, char *err,
                 size_t err_size)
{
    if (*value != '/' || strlen(value) >= PATH_MAX
        || value[strlen(value) - 1] == '/') {
        return fail_because(err, err_size, "%s is a path from /, not \"%.64s\"",
                            what, value);
    }

    strcpy(path, value);
    return 0;
}


/* The kid is put behind a whole folder: not behind half a host or a query. */
static int
issuer_line_keys(issuer_line_t *line, const char *url, char *err,
                 size_t err_size)
{
    char authority[URL_AUTHORITY_SIZE];
    size_t len = strlen(url);

    if (line->keys[0] != '\0') {
        return fail_because(err, err_size, "\"keys\" stands here twice");
    }
    if (url_authority(url, authority) != 0) {
        return fail_because(err, err_size,
                            "\"keys\" is an https URL, not \"%.64s\"", url);
    }
    if (line->kind == ISSUER_LOAD_BALANCER
        && (url[len - 1] != '/' || strchr(url, '?') != NULL)) {
        return fail_because(err, err_size,
                            "the \"keys\" of a load balancer end in /, "
                            "since the kid follows");
    }

    strcpy(line->keys, url);
    return 0;
}


static int
issuer_line_host(issuer_line_t *line, const char *host, char *err,
                 size_t err_size)
{
    char url[URL_AUTHORITY_SIZE + sizeof("https:///")];

    if (line->host_count == ISSUER_LINE_HOSTS_MAX) {
        return fail_because(err, err_size, "%d hosts are the most",
                            ISSUER_LINE_HOSTS_MAX);
    }

    snprintf(url, sizeof(url), "https://%s/", host);

    if (*host == '\0' || strlen(host) >= URL_AUTHORITY_SIZE
        || strpbrk(host, "/?@") != NULL
        || url_authority(url, line->hosts[line->host_count]) != 0) {
        return fail_because(err, err_size,
                            "\"host\" is a name with or without a port, "
                            "not \"%.64s\"",
                            host);
    }

    line->host_count++;
    return 0;
}


static int
issuer_line_every(issuer_line_t *line, const char *seconds, char *err,
                  size_t err_size)
{
    char *end;
    long n;

    n = strtol(seconds, &end, 10);
    if (end == seconds || *end != '\0' || n < ISSUER_LINE_EVERY_MIN
        || n > ISSUER_LINE_EVERY_MAX) {
        return fail_because(
            err, err_size, "\"every\" is %d to %d seconds, not \"%.64s\"",
            ISSUER_LINE_EVERY_MIN, ISSUER_LINE_EVERY_MAX, seconds);
    }

    line->every = (int) n;
    return 0;
}


static int
issuer_line_option(issuer_line_t *line, const char *word, char *err,
                   size_t err_size)
{
    int oidc = line->kind == ISSUER_OIDC;

    if (strncmp(word, "keys=", 5) == 0) {
        return issuer_line_keys(line, word + 5, err, err_size);
    }
    if (strncmp(word, "ca=", 3) == 0) {
        return issuer_line_path(line->ca, "ca", word + 3, err, err_size);
    }
    if (oidc && strncmp(word, "host=", 5) == 0) {
        return issuer_line_host(line, word + 5, err, err_size);
    }
    if (oidc && strncmp(word, "every=", 6) == 0) {
        return issuer_line_every(line, word + 6, err, err_size);
    }

    return fail_because(err, err_size,
                        oidc ? "\"%.64s\" is none of keys=, host=, ca= "
                               "and every="
                             : "\"%.64s\" is neither keys= nor ca=",
                        word);
}


int
issuer_line_parse(char *words, issuer_kind_t kind, issuer_line_t *line,
                  char *err, size_t err_size)
{
    char *rest = NULL, *name, *file, *word;

    memset(line, 0, sizeof(*line));
    line->kind = kind;
    line->every = kind == ISSUER_OIDC ? ISSUER_LINE_EVERY : 0;

    name = strtok_r(words, ISSUER_LINE_BLANKS, &rest);
    file = strtok_r(NULL, ISSUER_LINE_BLANKS, &rest);

    if (name == NULL || file == NULL) {
        return fail_because(err, err_size,
                            kind == ISSUER_OIDC
                                ? "an issuer needs a URL and a file"
                                : "a load balancer needs the ARN that "
                                  "signs, a file and keys=");
    }

    if (issuer_line_name(line, name, err, err_size) != 0
        || issuer_line_path(line->file, "the file", file, err, err_size) != 0) {
        return -1;
    }

    while ((word = strtok_r(NULL, ISSUER_LINE_BLANKS, &rest)) != NULL) {
        if (issuer_line_option(line, word, err, err_size) != 0) {
            return -1;
        }
    }

    if (kind == ISSUER_LOAD_BALANCER && line->keys[0] == '\0') {
        return fail_because(err, err_size,
                            "a load balancer needs keys=, the https URL "
                            "that the kid is put behind");
    }

    return 0;
}


int
issuer_line_check(const issuer_line_t *line, char *err, size_t err_size)
{
    char folder[PATH_MAX];

    strcpy(folder, line->file);
    strrchr(folder, '/')[1] = '\0';

    if (access(folder, W_OK | X_OK) != 0) {
        return fail_because(err, err_size,
                            "%.300s is no folder that can be written to",
                            folder);
    }
    if (line->ca[0] != '\0' && access(line->ca, R_OK) != 0) {
        return fail_because(err, err_size, "%.300s cannot be read", line->ca);
    }

    return 0;
}
