#include <stdio.h>
#include <string.h>
#include <curl/curl.h>
#include "url.h"


/* Printable ASCII without blanks, quotes, and what no URL has. */
static int
url_is_clean(const char *url)
{
    const char *byte;

    for (byte = url; *byte != '\0'; byte++) {
        if (*byte <= ' ' || *byte > '~' || strchr("\"'\\<>`#", *byte) != NULL) {
            return 0;
        }
    }

    return 1;
}


int
url_authority(const char *url, char authority[URL_AUTHORITY_SIZE])
{
    int n, rc = -1;
    char *host = NULL, *port = NULL, *c;
    CURLU *parts;

    /* libcurl takes "https:///host" for "https://host" */
    if (strncmp(url, "https://", 8) != 0 || url[8] == '/'
        || strlen(url) >= URL_SIZE || !url_is_clean(url)) {
        return -1;
    }

    parts = curl_url();

    if (parts != NULL
        && curl_url_set(parts, CURLUPART_URL, url, CURLU_DISALLOW_USER) == 0
        && curl_url_get(parts, CURLUPART_HOST, &host, 0) == 0
        && curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == 0
        && *host != '\0') {
        for (c = host; *c != '\0'; c++) {
            *c = *c >= 'A' && *c <= 'Z' ? (char) (*c | 0x20) : *c;
        }
        n = snprintf(authority, URL_AUTHORITY_SIZE, "%s:%s", host, port);
        rc = n > 0 && n < URL_AUTHORITY_SIZE ? 0 : -1;
    }

    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return rc;
}


int
url_is_mail(const char *url)
{
    int rc;
    char *host = NULL, *path = NULL;
    CURLU *parts;
    const char *authority = strstr(url, "://");

    if ((strncmp(url, "smtp://", 7) != 0 && strncmp(url, "smtps://", 8) != 0)
        || authority[3] == '/' || strlen(url) >= URL_SIZE || !url_is_clean(url)
        || strchr(url, '?') != NULL) {
        return 0;
    }

    parts = curl_url();

    rc = parts != NULL
         && curl_url_set(parts, CURLUPART_URL, url, CURLU_DISALLOW_USER) == 0
         && curl_url_get(parts, CURLUPART_HOST, &host, 0) == 0 && *host != '\0'
         && curl_url_get(parts, CURLUPART_PATH, &path, 0) == 0
         && strcmp(path, "/") == 0;

    curl_free(host);
    curl_free(path);
    curl_url_cleanup(parts);
    return rc;
}
