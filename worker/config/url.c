#include <stdio.h>
#include <string.h>
#include <curl/curl.h>
#include "url.h"


int
url_authority(const char *url, char authority[URL_AUTHORITY_SIZE])
{
    int n, rc = -1;
    char *host = NULL, *port = NULL, *c;
    CURLU *parts;
    const char *byte;

    /* libcurl takes "https:///host" for "https://host" */
    if (strncmp(url, "https://", 8) != 0 || url[8] == '/'
        || strlen(url) >= URL_SIZE) {
        return -1;
    }
    for (byte = url; *byte != '\0'; byte++) {
        if (*byte <= ' ' || *byte > '~' || strchr("\"'\\<>`#", *byte) != NULL) {
            return -1;
        }
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
